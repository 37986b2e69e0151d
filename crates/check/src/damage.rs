//! Damage of a SQLite file, by SQLite's own check. PostgreSQL has none that a role without special rights may run.

use partbook_database::Dialect;

use crate::error::CheckError;
use crate::finding::{Finding, FindingKind, MAX_EXAMPLES};
use crate::snapshot::Snapshot;

/// How many faults are told; the check ends there.
const MAX_FAULTS: usize = 100;

/// What is said of an index that does not agree with its table, which is made anew.
const INDEX_FAULTS: [&str; 2] = ["missing from index", "wrong # of entries in index"];

pub(crate) async fn damage(snapshot: &mut Snapshot) -> Result<Option<Finding>, CheckError> {
    if snapshot.dialect() == Dialect::Postgres {
        return Ok(None);
    }
    let faults: Vec<String> =
        match snapshot.connection.text_rows(&format!("pragma integrity_check({MAX_FAULTS})")).await {
            Ok(rows) => rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect(),
            // Another program brings them; without them its indexes cannot be judged.
            Err(error) if ["no such collation", "no such function"].iter().any(|it| error.reason().contains(it)) => {
                snapshot.unseen.insert(format!("the file: `pragma integrity_check` stops: {}", error.reason()));
                return Ok(None);
            }
            // So damaged that it cannot be walked through.
            Err(error) if error.is_reported() && !error.is_unavailable() => vec![error.reason()],
            Err(error) => return Err(CheckError::at("the file", &error)),
        };
    if faults == ["ok"] {
        return Ok(None);
    }
    let is_of_index = |fault: &String| INDEX_FAULTS.iter().any(|words| fault.contains(words));
    let (healing, by_hand) = if faults.iter().all(is_of_index) {
        (Some("reindex;".to_owned()), None)
    } else {
        (
            None,
            Some(
                "mend a row that breaks a constraint; of damage, restore a backup: `partbook backup restore`"
                    .to_owned(),
            ),
        )
    };
    Ok(Some(Finding {
        kind: FindingKind::Damage,
        table: None,
        columns: Vec::new(),
        count: faults.len() as u64,
        what: format!("SQLite finds {} fault(s)", faults.len()),
        examples: faults.into_iter().take(MAX_EXAMPLES).map(|fault| fault.replace('\n', " ")).collect(),
        healing,
        by_hand,
    }))
}
