//! What a check has found.

use serde::Serialize;

use crate::counts::{RowCounts, TableChange};
use crate::finding::Finding;

/// What a check has found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The moment, the database, and the rows of each table.
    #[serde(flatten)]
    pub counts: RowCounts,
    /// What is not sound.
    pub findings: Vec<Finding>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
    /// In what the rows differ from those that they were compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since>,
}

/// What rows were compared with, and how they differ.
#[derive(Clone, Debug, Serialize)]
pub struct Since {
    /// The moment, RFC 3339, UTC.
    pub at: String,
    /// The database.
    pub database: String,
    /// The newest migration that it had.
    pub schema_version: Option<i64>,
    /// The tables that differ.
    pub changes: Vec<TableChange>,
}

impl Report {
    /// Compares the rows with those of a moment before: what has gone is a finding.
    #[must_use]
    pub fn compared_with(mut self, before: &RowCounts) -> Self {
        let changes = self.counts.since(before);
        self.findings.extend(changes.iter().filter_map(|change| change.loss(&before.at)));
        let RowCounts { at, database, schema_version, .. } = before.clone();
        self.since = Some(Since { at, database, schema_version, changes });
        self
    }
}
