//! Embeds the migrations: writes a table of their numbers, names and texts, which `embedded.rs` includes, with the script that
//! takes each back, what looks for rows in their way, and what they change of the schema.
//!
//! sqlx has a macro for this, but with it sqlx, SQLite and rustls are all compiled a second time, for the compiler.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../migrations").canonicalize()?;
    // The directory stands for what lies in it: a new migration leads to a new build.
    println!("cargo::rerun-if-changed={}", root.display());
    println!("cargo::rerun-if-changed=build.rs");
    let code = format!(
        "const POSTGRES: &[Embedded] = &[\n{}];\nconst SQLITE: &[Embedded] = &[\n{}];\n",
        table(&root.join("postgres"))?,
        table(&root.join("sqlite"))?
    );
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("migrations.rs"), code)?;
    Ok(())
}

/// A line for each migration of a directory, in the order of their numbers.
fn table(directory: &Path) -> Result<String, Box<dyn Error>> {
    let mut migrations = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let file = path.to_str().ok_or("the path of the source tree is not UTF-8")?;
        if [".down.sql", ".check.sql", ".schema"].iter().any(|ending| file.ends_with(ending)) {
            continue;
        }
        let (version, name) = number_and_name(&path)
            .ok_or_else(|| format!("{file} is not called <number>_<name>.sql, as a migration must be"))?;
        migrations.push((version, name, file.to_owned()));
    }
    migrations.sort();
    let mut lines = String::new();
    for (version, name, file) in migrations {
        let beside = |ending: &str| Some(file.replace(".sql", ending)).filter(|file| Path::new(file).exists());
        let optional =
            |ending: &str| beside(ending).map_or("None".to_owned(), |file| format!("Some(include_str!({file:?}))"));
        let (down, check, down_check) = (optional(".down.sql"), optional(".check.sql"), optional(".down.check.sql"));
        let schema = beside(".schema").map_or("\"\"".to_owned(), |file| format!("include_str!({file:?})"));
        lines += &format!(
            "    Embedded {{ version: {version}, name: {name:?}, sql: include_str!({file:?}), down: {down}, \
             check: {check}, down_check: {down_check}, schema: {schema} }},\n"
        );
    }
    Ok(lines)
}

/// What a file name says, as sqlx has always read it and the databases have it: `0002_lookup_indexes.sql` is number 2,
/// `lookup indexes`.
fn number_and_name(path: &Path) -> Option<(i64, String)> {
    let (number, name) = path.file_name()?.to_str()?.strip_suffix(".sql")?.split_once('_')?;
    Some((number.parse().ok()?, name.replace('_', " ")))
}
