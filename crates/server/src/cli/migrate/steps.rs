//! What `up` and `down` have in common: how far they go, and what they print of the way.

use std::fmt::Write as _;

use clap::Args;
use partbook_database::Dialect;
use partbook_migrate::{Direction, Script};

use super::Common;
use crate::cli::output::{Failure, print};

/// How far to go, and whether only to look.
#[derive(Args)]
pub(super) struct Steps {
    /// How many migrations
    #[arg(value_name = "N", conflicts_with = "to", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) count: Option<u32>,

    /// The version to end at; 0 is the empty database
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(0..))]
    pub(super) to: Option<i64>,

    /// Print what would be executed, and execute nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Begin at this version, whatever the database has, which is not opened
    #[arg(long, value_name = "VERSION", requires_all = ["to", "dry_run"], value_parser = clap::value_parser!(i64).range(0..))]
    from: Option<i64>,

    /// Do not ask whether to change a database that has rows
    #[arg(long)]
    pub(super) yes: bool,
}

impl Steps {
    /// Prints the scripts between two versions where `--from` asks for that; the URL says for which of the two databases.
    pub(super) fn print_between(&self, common: &Common) -> Option<Result<(), Failure>> {
        let (from, to) = (self.from?, self.to?);
        let printed = || {
            let is_file = common.database.url()?.file().is_some();
            let dialect = if is_file { Dialect::Sqlite } else { Dialect::Postgres };
            print_scripts(&partbook_migrate::scripts_between(dialect, from, to)?)
        };
        Some(printed())
    }
}

/// Prints scripts as they would be executed.
pub(super) fn print_scripts(scripts: &[Script]) -> Result<(), Failure> {
    let mut text = String::new();
    for Script { version, name, direction, sql, .. } in scripts {
        let way = match direction {
            Direction::Up => "up",
            Direction::Down => "down",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "-- {version:04} {name}: {way}\n{}\n", sql.trim_end());
    }
    if text.is_empty() {
        text.push_str("-- Nothing would be executed.\n");
    }
    print(&text)
}

/// A line for each migration, and what became of it.
pub(super) fn print_done<'a>(migrations: impl Iterator<Item = (i64, &'a str)>, what: &str) -> Result<(), Failure> {
    print(&migrations.map(|(version, name)| format!("{version:04}  {name:<24}  {what}\n")).collect::<String>())
}
