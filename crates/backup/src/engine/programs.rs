//! PostgreSQL's own programs: where they are, of which version, and how they are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use partbook_database::DatabaseUrl;
use tokio::process::Command;

use crate::error::BackupError;

/// Where packages put them, beside the search path.
const DIRECTORIES: [&str; 2] = ["/usr/lib/postgresql", "/opt/homebrew/opt"];

/// How much of what a program complains is told, characters.
const MAX_COMPLAINT: usize = 400;

/// `pg_dump` and `pg_restore` of one version.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    directory: PathBuf,
    /// Such as `15.14`.
    pub(crate) version: String,
}

impl Programs {
    /// Finds programs that can talk to a server, and read what was written by such a program where there is something to
    /// read: of the later one of both versions, or else of the next later one.
    ///
    /// # Errors
    /// There are none; the message says which version is needed.
    pub(crate) async fn find(server_version: &str, written_by: Option<&str>) -> Result<Self, BackupError> {
        let needed = major(server_version).max(written_by.map_or(0, major));
        let mut found: Vec<(u32, Self)> = Vec::new();
        for directory in directories() {
            let Some(version) = version_of(&directory.join("pg_dump")).await else { continue };
            found.push((major(&version), Self { directory, version }));
        }
        let newest = found.iter().map(|(major, _)| *major).max();
        let fitting = found.into_iter().filter(|(major, _)| *major >= needed).min_by_key(|(major, _)| *major);
        fitting.map(|(_, programs)| programs).ok_or_else(|| {
            let of_file = written_by.map_or_else(String::new, |version| format!(" and a file of version {version}"));
            let seen = newest.map_or_else(|| "none was found".to_owned(), |newest| format!("{newest} was found"));
            BackupError::Program(format!(
                "pg_dump of version {needed} or later is needed for a server of version {server_version}{of_file}, and {seen}: \
                 install the package postgresql-client-{needed}, or put its programs on the path"
            ))
        })
    }

    /// Runs one of them against a database, and returns what it wrote to standard output. Who it is and its password go by the
    /// environment, where nobody else sees them.
    pub(crate) async fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        url: &DatabaseUrl,
        arguments: &[A],
    ) -> Result<Vec<u8>, BackupError> {
        self.run_but_for(program, url, arguments, None).await
    }

    /// The same, where the program may complain of one setting that an earlier server does not know, and of nothing else.
    pub(super) async fn run_but_for<A: AsRef<OsStr>>(
        &self,
        program: &str,
        url: &DatabaseUrl,
        arguments: &[A],
        unknown_setting: Option<&str>,
    ) -> Result<Vec<u8>, BackupError> {
        let output = Command::new(self.directory.join(program))
            .args(arguments)
            .arg("--no-password")
            .envs(url.libpq_variables())
            .env("PGAPPNAME", "partbook backup")
            .env("LC_MESSAGES", "C")
            // They would go before what the URL says.
            .env_remove("PGSERVICE")
            .env_remove("PGSERVICEFILE")
            .env_remove("PGHOSTADDR")
            .env_remove("PGOPTIONS")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| BackupError::Program(format!("{program} cannot be run: {error}")))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        if unknown_setting.is_some_and(|setting| complains_only_of(&complaint, setting)) {
            return Ok(output.stdout);
        }
        let complaint = complaint.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        let remedy = remedy(&complaint);
        let complaint: String = complaint.chars().take(MAX_COMPLAINT).collect();
        Err(BackupError::Program(format!("{program} {} failed: {complaint}{remedy}", self.version)))
    }
}

/// What to do about a complaint, where that is known.
fn remedy(complaint: &str) -> &'static str {
    if complaint.contains("violates foreign key constraint") {
        ". The database has rows that point at nothing: `partbook check` finds them, and what heals them"
    } else if complaint.contains("must be member of role") || complaint.contains("must be able to SET ROLE") {
        ". The role may not make what belongs to another one: restore as one that may, or with --no-owners"
    } else {
        ""
    }
}

/// Whether a program complains of one thing, and that is a setting; the server says so in its own language.
fn complains_only_of(complaint: &str, setting: &str) -> bool {
    let mut errors = complaint.lines().filter(|line| line.contains("error: "));
    errors.next().is_some_and(|line| line.contains(setting)) && errors.next().is_none()
}

/// `15` of `15.14 (Debian 15.14-0+deb12u1)`.
pub(crate) fn major(version: &str) -> u32 {
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn directories() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for base in DIRECTORIES {
        let Ok(entries) = std::fs::read_dir(base) else { continue };
        directories.extend(entries.filter_map(Result::ok).map(|entry| entry.path().join("bin")));
    }
    directories.retain(|directory| directory.join("pg_dump").is_file());
    directories
}

/// The version that a program says it has: `pg_dump (PostgreSQL) 15.14 (Debian …)`.
async fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    (major(version) > 0).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_complaint_of_a_setting_is_forgiven_and_no_other() {
        let of_setting = "pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter \"transaction_timeout\"\n\
                          Command was: SET transaction_timeout = 0;\npg_restore: warning: errors ignored on restore: 1\n";
        assert!(complains_only_of(of_setting, "transaction_timeout"));
        let of_another = format!("{of_setting}pg_restore: error: could not execute query: ERROR:  no room\n");
        assert!(
            !complains_only_of(&of_another, "transaction_timeout") && !complains_only_of("", "transaction_timeout")
        );
    }

    #[test]
    fn what_is_known_of_a_complaint_is_told() {
        for (complaint, told) in [
            (
                "ERROR:  insert or update on table \"t\" violates foreign key constraint \"t_cpu_id_fkey\"",
                "`partbook check`",
            ),
            ("ERROR:  must be member of role \"o\"", "--no-owners"),
            ("ERROR:  must be able to SET ROLE \"o\"", "--no-owners"),
        ] {
            assert!(remedy(complaint).contains(told), "{complaint}");
        }
        assert_eq!(remedy("ERROR:  out of memory"), "");
    }

    #[test]
    fn versions_are_compared_by_their_major_number() {
        assert_eq!(major("15.14 (Debian 15.14-0+deb12u1)"), 15);
        assert_eq!(major("18beta1"), 18);
        assert_eq!(major("unknown"), 0);
    }
}
