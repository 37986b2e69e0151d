//! The migrations of a directory.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use partbook_database::Dialect;

use super::File;

/// A file of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which database it is for.
    pub dialect: Dialect,
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
}

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Up,
    Down,
    Check,
    DownCheck,
    Schema,
}

/// The ends of their names, the longer ones first.
const ENDINGS: [(&str, Part); 5] = [
    (".down.check.sql", Part::DownCheck),
    (".check.sql", Part::Check),
    (".down.sql", Part::Down),
    (".sql", Part::Up),
    (".schema", Part::Schema),
];

impl Source {
    /// The files of the folder that a directory has for a database.
    ///
    /// # Errors
    /// One that cannot be read, by name.
    pub fn read(directory: &Path, dialect: Dialect) -> Result<Vec<Self>, String> {
        let folder = match dialect {
            Dialect::Postgres => directory.join("postgres"),
            Dialect::Sqlite => directory.join("sqlite"),
        };
        let fault = |path: &Path, error: std::io::Error| format!("{} cannot be read: {error}", path.display());
        let mut sources = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|error| fault(&folder, error))? {
            let path = entry.map_err(|error| fault(&folder, error))?.path();
            if !path.is_file() {
                return Err(format!("{} is no file", path.display()));
            }
            let text = fs::read_to_string(&path).map_err(|error| fault(&path, error))?;
            if let Some(what) = [('\u{feff}', "a byte order mark"), ('\0', "a NUL character")]
                .into_iter()
                .find_map(|(character, what)| text.contains(character).then_some(what))
            {
                return Err(format!("{} has {what}, which a database would stumble over", path.display()));
            }
            sources.push(Self { dialect, path, text });
        }
        Ok(sources)
    }
}

/// `0002_lookup_indexes.down.sql` is the down script of number 2, `lookup_indexes`.
pub(crate) fn parse_name(path: &Path) -> Option<(i64, String, Part)> {
    let file = path.file_name()?.to_str()?;
    let (stem, part) = ENDINGS.iter().find_map(|(ending, part)| file.strip_suffix(ending).map(|stem| (stem, *part)))?;
    let (number, name) = stem.split_once('_')?;
    let is_plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_';
    let is_name = number.len() == 4
        && number.bytes().all(|digit| digit.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(is_plain);
    Some((number.parse().ok().filter(|_| is_name)?, name.to_owned(), part))
}

/// Puts the migrations together, in the order of their numbers.
pub(super) fn files(sources: &[Source]) -> Result<Vec<File>, String> {
    let mut parsed = Vec::with_capacity(sources.len());
    for source in sources {
        let name = parse_name(&source.path);
        let (version, name, part) =
            name.ok_or_else(|| format!("{} is not called as a file of a migration is", source.path.display()))?;
        parsed.push((version, name, part, source));
    }
    parsed.sort_by_key(|(version, ..)| *version);
    let mut files: Vec<File> = Vec::new();
    for (version, name, part, source) in &parsed {
        let beside = |wanted: Part| {
            let mut others = parsed.iter().filter(|other| (other.0, &other.1, other.2) == (*version, name, wanted));
            others.next().map(|other| Cow::Owned(other.3.text.clone()))
        };
        if *part != Part::Up {
            beside(Part::Up).ok_or_else(|| format!("{} belongs to no migration", source.path.display()))?;
            continue;
        }
        if files.last().is_some_and(|before| before.version == *version) {
            return Err(format!("{}: another migration has the number {version}, too", source.path.display()));
        }
        let mut file = File::new(*version, name.replace('_', " "), Cow::Owned(source.text.clone()))?;
        file.down = beside(Part::Down);
        file.check = beside(Part::Check);
        file.down_check = beside(Part::DownCheck);
        file.effect = beside(Part::Schema).unwrap_or_default();
        files.push(file);
    }
    Ok(files)
}
