//! What `up` and `down` have in common: how far they go, and what they print of the way.

use std::fmt::Write as _;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use partbook_database::{Dialect, OwnTables};
use partbook_migrate::{Direction, Done, Hindrance, Outlook, Script, TableLock, Waits};
use serde_json::{Value, json};

use super::Common;
use crate::cli::output::{Failure, highlighted, print};
use crate::config::MigrateBackupArguments;

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
    #[arg(long, group = "looking")]
    pub(super) dry_run: bool,

    /// Print what is looked at as JSON
    #[arg(long, requires = "looking")]
    pub(super) json: bool,

    /// Begin at this version, whatever the database has, which is not opened
    #[arg(long, value_name = "VERSION", requires_all = ["to", "dry_run"], value_parser = clap::value_parser!(i64).range(0..))]
    from: Option<i64>,

    /// Do not ask whether to change a database that has rows
    #[arg(long)]
    pub(super) yes: bool,

    /// Go on although the schema is not what the applied migrations made; the reason is entered in the history
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new())]
    pub(super) accept_drift: Option<String>,

    #[command(flatten)]
    pub(super) backup: MigrateBackupArguments,
}

impl Steps {
    /// Prints the scripts between two versions where `--from` asks for that; the URL says for which of the two databases.
    pub(super) fn print_between(&self, common: &Common, direction: Direction) -> Option<Result<(), Failure>> {
        let (from, to) = (self.from?, self.to?);
        let printed = || {
            if (direction == Direction::Up) != (from <= to) {
                return Err(Failure::Usage(format!("from {from} to {to} leads the other way")));
            }
            let dialect = Dialect::of_url(&common.database.url()?);
            print_scripts(
                dialect,
                &common.migrations(dialect)?.scripts_between(&OwnTables::usual(dialect), from, to)?,
                &[],
                self.json,
            )
        };
        Some(printed())
    }
}

/// Prints scripts as they would be executed: what rows are in their way, the statements, and what they do to those who work
/// with the database.
pub(super) fn print_scripts(
    dialect: Dialect,
    scripts: &[Script],
    hindrances: &[Hindrance],
    is_json: bool,
) -> Result<(), Failure> {
    if is_json {
        return print(&format!("{:#}\n", plan_as_json(dialect, scripts, hindrances)));
    }
    let mut text = mending(hindrances);
    for script @ Script { version, name, sql, .. } in scripts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "-- {version:04} {name}: {}\n{}\n", way(script), sql.trim_end());
    }
    if scripts.is_empty() {
        text.push_str("-- Nothing would be executed.\n");
    } else {
        text.push_str("-- Plan:\n");
    }
    text.extend(scripts.iter().map(|script| plan_in_words(dialect, script)));
    print(&text)
}

fn way(script: &Script) -> &'static str {
    match script.direction {
        Direction::Up => "up",
        Direction::Down => "down",
    }
}

fn plan_in_words(dialect: Dialect, script: &Script) -> String {
    let Outlook { locks, irreversible, is_compatible, waits } = script.outlook(dialect);
    let mut text = format!("--   {:04} {}: ", script.version, way(script));
    if script.is_outside_transaction() && dialect == Dialect::Postgres {
        text += "each statement on its own, in no transaction; ";
    }
    text += match waits {
        Waits::Nobody => "nobody waits",
        Waits::Writers => "writers wait, readers do not",
        Waits::Everybody => "everybody waits who uses what it locks",
    };
    text += match (script.direction, irreversible) {
        (Direction::Down, _) => "",
        (Direction::Up, None) => "; can be taken back",
        (Direction::Up, Some(_)) => "; cannot be taken back",
    };
    text += match (script.direction, is_compatible) {
        (Direction::Down, _) => "\n",
        (Direction::Up, true) => "; the version before may go on serving\n",
        (Direction::Up, false) => "; the version before is stopped first\n",
    };
    for TableLock { table, lock, .. } in locks {
        text += &format!("--     locks {table}: {lock}\n");
    }
    text
}

/// Who waits, in a word.
pub(super) fn waiting(waits: Waits) -> &'static str {
    match waits {
        Waits::Nobody => "nobody",
        Waits::Writers => "writers",
        Waits::Everybody => "everybody",
    }
}

fn plan_as_json(dialect: Dialect, scripts: &[Script], hindrances: &[Hindrance]) -> Value {
    let migration = |script: &Script| {
        let outlook = script.outlook(dialect);
        let lock = |it: &TableLock| json!({"table": it.table, "lock": it.lock, "waits": waiting(it.waits)});
        json!({
            "version": script.version,
            "name": script.name,
            "direction": way(script),
            "sql": script.sql,
            "waits": waiting(outlook.waits),
            "locks": outlook.locks.iter().map(lock).collect::<Vec<_>>(),
            "irreversible": outlook.irreversible,
            "compatible": outlook.is_compatible,
        })
    };
    let hindrance = |it: &Hindrance| json!({"version": it.version, "what": it.what, "healing": it.healing});
    json!({
        "migrations": scripts.iter().map(migration).collect::<Vec<_>>(),
        "in_the_way": hindrances.iter().map(hindrance).collect::<Vec<_>>(),
    })
}

/// Ends a command that rows are in the way of, and prints what they are.
pub(super) fn refuse_hindered(hindrances: &[Hindrance]) -> Result<(), Failure> {
    if hindrances.is_empty() {
        return Ok(());
    }
    print(&mending(hindrances))?;
    Err(Failure::Run(format!("{} row(s) or groups of rows are in the way. Nothing was changed", hindrances.len())))
}

/// What is in the way, and the statements that would mend it.
fn mending(hindrances: &[Hindrance]) -> String {
    let one = |Hindrance { version, what, healing }: &Hindrance| {
        let healing = healing.as_ref().map_or_else(String::new, |healing| format!("{healing}\n"));
        format!("-- In the way of {version:04}: {what}\n{healing}\n")
    };
    hindrances.iter().map(one).collect()
}

/// Prints a line for each migration as soon as it is done.
pub(super) fn teller(what: &'static str) -> impl FnMut(&Done) + Send {
    move |Done { version, name, duration }: &Done| {
        let what = highlighted(what);
        // That nobody reads any more is no reason to stop half-way.
        let _ = print(&format!("{version:04}  {name:<24}  {what}  {} ms\n", duration.as_millis()));
    }
}
