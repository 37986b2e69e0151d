//! `scripts/smoke.sh`, run as operators run it: against a service, on a catalog that must be the same afterwards.

mod budget;
mod call;
mod green;
mod red;
mod signals;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use partbook_test_support::contract::{Entity, LISTING, catalog, listing_that_uses};
use partbook_test_support::{Database, Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/smoke.sh");

/// A call of the script, without the settings of whoever runs the tests.
struct Smoke {
    command: Command,
    /// Its home and place for temporary files.
    directory: TempDir,
}

/// What a call left.
#[derive(Debug)]
struct Finished {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Smoke {
    /// The script, asking a service.
    fn of(service: &Server) -> Self {
        Self::at(service.address())
    }

    fn at(address: &str) -> Self {
        Self::through(SCRIPT).env("API_URL", address)
    }

    /// A program that starts the script in its own way.
    fn through(program: &str) -> Self {
        let directory = TempDir::with_prefix("partbook-smoke-").expect("a temporary directory");
        let mut command = Command::new(program);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
        command.env("HOME", directory.path()).env("TMPDIR", directory.path()).stdin(Stdio::null());
        Self { command, directory }
    }

    fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs to the end, which must leave no temporary file.
    #[track_caller]
    fn run(mut self) -> Finished {
        let output = self.command.output().expect("the script starts");
        self.finished(output)
    }

    #[track_caller]
    fn finished(&self, output: Output) -> Finished {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let finished =
            Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        let left: Vec<_> =
            self.directory().read_dir().expect("a directory").flatten().map(|file| file.path()).collect();
        assert!(left.iter().all(|path| !path.to_string_lossy().contains("smoke.")), "{left:?} of\n{finished}");
        finished
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "exit status {:?}\n{}\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Finished {
    /// Demands an exit status.
    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Demands that all is well: no check failed, none was skipped.
    #[track_caller]
    fn green(self) -> Self {
        let finished = self.ended(0);
        assert!(!finished.stdout.contains("FAIL") && !finished.stdout.contains("skip "), "{finished}");
        assert!(finished.summary().contains(" passed, 0 failed, 0 skipped"), "{finished}");
        assert_eq!(finished.stderr, "");
        finished
    }

    /// The last line.
    #[track_caller]
    fn summary(&self) -> &str {
        self.stdout.lines().last().unwrap_or_else(|| panic!("{self}"))
    }

    /// The one line that begins so.
    #[track_caller]
    fn line(&self, start: &str) -> &str {
        let mut lines = self.stdout.lines().filter(|line| line.starts_with(start));
        match (lines.next(), lines.next()) {
            (Some(line), None) => line,
            _ => panic!("not one line that begins with {start:?} in\n{self}"),
        }
    }

    /// What standard error says, which must be one line.
    #[track_caller]
    fn complaint(&self) -> &str {
        let text = self.stderr.trim_end();
        assert!(!text.is_empty() && text.lines().count() == 1, "not one line: {self}");
        text
    }

    /// Whether there is this line.
    fn has(&self, line: &str) -> bool {
        self.stdout.lines().any(|found| found == line)
    }
}

/// Every row of every table, the migrations' history aside.
async fn contents(database: &Database) -> BTreeMap<String, Vec<Vec<Option<String>>>> {
    let query = if database.url().starts_with("sqlite") {
        "select name from sqlite_schema where type = 'table'"
    } else {
        "select table_name::text from information_schema.tables where table_schema = 'public'"
    };
    let mut contents = BTreeMap::new();
    for table in database.rows(query).await.into_iter().flatten().flatten() {
        if !table.starts_with('_') && !table.starts_with("sqlite_") {
            let mut rows = database.rows(&format!("select * from {table}")).await;
            rows.sort();
            contents.insert(table, rows);
        }
    }
    assert!(contents.len() >= 10, "{:?}", contents.keys());
    contents
}

/// The parts that the script knows: its own list, and not the service's.
fn kinds() -> Vec<&'static Entity> {
    let script = std::fs::read_to_string(SCRIPT).expect("the script");
    let list = script.lines().find_map(|line| line.strip_prefix("collections=(")?.strip_suffix(')'));
    let kind = |name: &str| catalog().into_iter().find(|entity| collection(entity) == name);
    let kinds = list.expect("a list").split_whitespace().map(|name| kind(name).unwrap_or_else(|| panic!("{name}?")));
    kinds.collect()
}

/// The last part of a collection's path, as the script names it.
fn collection(entity: &Entity) -> &'static str {
    entity.path.rsplit('/').next().expect("a path")
}

/// Gives every collection a row and a listing that uses it.
async fn furnish(service: &Server) {
    for entity in kinds() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &row["id"])).await;
    }
}
