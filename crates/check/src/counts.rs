//! How many rows each table has, kept in a file and compared with what it says: for before and after a deployment.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::error::CheckError;
use crate::finding::{Finding, FindingKind};

/// The form of the files that this version writes.
const FORMAT: u32 = 1;

/// How many rows each table had at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// The form of this.
    pub format: u32,
    /// The moment, RFC 3339, UTC.
    pub at: String,
    /// The database, without a password.
    pub database: String,
    /// The newest migration; none for a database that has no history of ours.
    pub schema_version: Option<i64>,
    /// The rows of each table.
    pub tables: BTreeMap<String, u64>,
}

/// A table that has another number of rows than it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableChange {
    /// The table.
    pub table: String,
    /// How many rows it had; none where it was not there.
    pub before: Option<u64>,
    /// How many it has; none where it is not there.
    pub now: Option<u64>,
}

impl RowCounts {
    pub(crate) fn new(at: String, database: String, schema_version: Option<i64>) -> Self {
        Self { format: FORMAT, at, database, schema_version, tables: BTreeMap::new() }
    }

    /// The rows of all tables.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.tables.values().sum()
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// The file cannot be read, or is not such a one.
    pub fn read(path: &Path) -> Result<Self, CheckError> {
        let fault = |what: String| CheckError(format!("{}: {what}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        let counts: Self = serde_json::from_str(&text)
            .map_err(|error| fault(format!("is not what `partbook check --save` writes: {error}")))?;
        if counts.format != FORMAT {
            return Err(fault(format!("has the form {}, and this version of Partbook reads {FORMAT}", counts.format)));
        }
        Ok(counts)
    }

    /// Writes a file, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), CheckError> {
        let written = || -> io::Result<()> {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        written().map_err(|error| CheckError(format!("{}: {error}", path.display())))
    }

    /// In what these differ from what they were.
    #[must_use]
    pub fn since(&self, before: &Self) -> Vec<TableChange> {
        let names: BTreeSet<&String> = self.tables.keys().chain(before.tables.keys()).collect();
        let change = |table: &String| TableChange {
            table: table.clone(),
            before: before.tables.get(table).copied(),
            now: self.tables.get(table).copied(),
        };
        names.into_iter().map(change).filter(|change| change.before != change.now).collect()
    }
}

impl TableChange {
    /// What is lost, where anything is.
    pub(crate) fn loss(&self, since: &str) -> Option<Finding> {
        let before = self.before?;
        let lost = before.checked_sub(self.now.unwrap_or_default()).filter(|lost| *lost > 0 || self.now.is_none())?;
        let (kind, what) = match self.now {
            Some(now) => (FindingKind::Shrunk, format!("has {now} row(s), and had {before} at {since}")),
            None => (FindingKind::Vanished, format!("is not there any more, and had {before} row(s) at {since}")),
        };
        Some(Finding {
            kind,
            table: Some(self.table.clone()),
            columns: Vec::new(),
            count: lost,
            examples: Vec::new(),
            what,
            healing: None,
            by_hand: Some("where they were not meant to go: `partbook backup list` shows what has them".to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(tables: &[(&str, u64)]) -> RowCounts {
        let mut counts = RowCounts::new("2026-11-28T10:00:00Z".to_owned(), "sqlite://a.db".to_owned(), Some(9));
        counts.tables.extend(tables.iter().map(|(table, rows)| ((*table).to_owned(), *rows)));
        counts
    }

    #[test]
    fn what_went_is_a_finding_and_what_came_is_none() {
        let before = counts(&[("cpu", 3), ("diary", 0), ("gpu", 2), ("port", 1)]);
        let now = counts(&[("cpu", 2), ("gpu", 2), ("port", 4), ("wish", 1)]);
        let changes = now.since(&before);
        let shown: Vec<_> = changes.iter().map(|it| (it.table.as_str(), it.before, it.now)).collect();
        let expected =
            [("cpu", Some(3), Some(2)), ("diary", Some(0), None), ("port", Some(1), Some(4)), ("wish", None, Some(1))];
        assert_eq!(shown, expected);
        let losses: Vec<_> =
            changes.iter().filter_map(|it| it.loss(&before.at)).map(|it| (it.kind, it.count)).collect();
        assert_eq!(losses, [(FindingKind::Shrunk, 1), (FindingKind::Vanished, 0)]);
        assert_eq!(now.since(&now), []);
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("before.json");
        let before = counts(&[("cpu", 3)]);
        before.write(&path).unwrap();
        assert_eq!(RowCounts::read(&path).unwrap(), before);
        for (text, words) in [("{", "is not what"), (r#"{"format": 1}"#, "missing field"), ("", "is not what")] {
            fs::write(&path, text).unwrap();
            let message = RowCounts::read(&path).unwrap_err().to_string();
            assert!(message.contains(words) && message.contains("before.json"), "{message}");
        }
    }
}
