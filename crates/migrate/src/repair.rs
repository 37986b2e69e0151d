//! A migration that was edited after it was applied: what is different, and that it is accepted.

use std::fmt::Write as _;

use partbook_database::StartError;
use similar::{ChangeTag, TextDiff};

use crate::books::Entry;
use crate::lock::RunnerLock;
use crate::migrator::Migrator;
use crate::plan::changed_meanwhile;
use crate::run::Runner;

/// How many lines are shown around a difference.
const CONTEXT: usize = 2;

/// An applied migration, and how the one that there is differs from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Its number.
    pub version: i64,
    /// The difference of the two scripts, as `diff -u` shows it; none where the script that was executed is not kept.
    pub difference: Option<String>,
    /// SHA-384 of what was executed, and of what there is.
    pub checksums: (String, String),
}

impl Migrator {
    /// Shows how an edited migration differs from what was executed. Changes nothing.
    ///
    /// # Errors
    /// The database is not ours; the migration is not applied, not known, or not edited.
    pub async fn plan_repair(&self, version: i64) -> Result<Repair, StartError> {
        self.migrations.check_version(version)?;
        let history = self.history().await?;
        let fault = |what: &str| StartError::Unfit(format!("migration {version} {what}: there is nothing to repair"));
        let Some(entry) = history.applied().find(|entry| entry.version == version) else {
            return Err(fault("is not applied"));
        };
        if !history.edited(&self.migrations).any(|edited| edited.version == version) {
            return Err(fault("is as it was applied"));
        }
        let file = self.migrations.get(version).ok_or_else(|| fault("is not known"))?;
        Ok(Repair {
            version,
            difference: entry.script.as_ref().map(|script| difference(script, &file.up)),
            checksums: (entry.checksum.clone(), file.checksum.clone()),
        })
    }

    /// Enters that the migration is accepted as it is now, with who did so and why. No script is executed.
    ///
    /// # Errors
    /// As [`Self::plan_repair`].
    pub async fn repair(&self, plan: &Repair, reason: &str) -> Result<(), StartError> {
        let version = plan.version;
        let lock = RunnerLock::take(&self.pool).await?;
        if self.plan_repair(version).await? != *plan {
            return Err(changed_meanwhile());
        }
        let history = self.history().await?;
        let (Some(entry), Some(file)) = (history.get(version), self.migrations.get(version)) else {
            return Err(changed_meanwhile());
        };
        let repaired = Entry {
            name: file.name.clone(),
            checksum: file.checksum.clone(),
            script: Some(file.up.to_string()),
            is_compatible: file.directives.compatible.is_some(),
            is_optional: file.directives.optional.is_some(),
            ..entry.clone()
        };
        let mut runner = Runner::begin(self, lock, "repair", Some(reason)).await?;
        runner.note(&format!("accepted {version:04} {}: {} is now {}", file.name, entry.checksum, file.checksum));
        runner.write(&self.books.amend(&repaired)).await?;
        runner.finish().await
    }
}

/// The lines that differ, and some around them.
fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = String::new();
    for (index, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            out.push_str("...\n");
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let _ = writeln!(out, "{sign} {}", change.value().trim_end_matches('\n'));
        }
    }
    out
}
