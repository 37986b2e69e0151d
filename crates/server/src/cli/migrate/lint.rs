//! `partbook migrate lint`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use partbook_database::Dialect;
use partbook_migrate::Source;

use crate::cli::output::{Failure, print};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The files whose findings are printed; without one, those of all
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Where the migrations are, in the folders postgres and sqlite
    #[arg(long, value_name = "DIRECTORY", default_value = "migrations")]
    directory: PathBuf,
}

/// Prints what is wrong with the files of migrations, or unsafe in them. Asks no database.
pub(super) async fn run(Arguments { files, directory }: Arguments) -> Result<(), Failure> {
    let read = |dialect| Source::read(&directory, dialect).map_err(Failure::Trouble);
    let mut sources = read(Dialect::Postgres)?;
    sources.extend(read(Dialect::Sqlite)?);
    if let Some(unknown) = files.iter().find(|file| !sources.iter().any(|source| is_same(&source.path, file))) {
        let text = format!("{} is not a file of a migration in {}", unknown.display(), directory.display());
        return Err(Failure::Trouble(text));
    }
    let released = directory.join("released.txt");
    let released = fs::read_to_string(&released).map_err(|error| trouble(&released, &error))?;
    let mut findings = partbook_migrate::lint(&sources, &released).await;
    findings.retain(|finding| files.is_empty() || files.iter().any(|file| is_same(&finding.path, file)));
    print(&findings.iter().map(|finding| format!("{finding}\n")).collect::<String>())?;
    match findings.len() {
        0 => Ok(()),
        count => Err(Failure::Run(format!(
            "{count} finding(s) in migrations; one is accepted by a comment in the migration: `-- lint: accept RULE: REASON`"
        ))),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other
        || fs::canonicalize(one).ok().is_some_and(|one| fs::canonicalize(other).is_ok_and(|other| one == other))
}

pub(super) fn trouble(path: &Path, error: &io::Error) -> Failure {
    Failure::Trouble(format!("{} cannot be read: {error}", path.display()))
}
