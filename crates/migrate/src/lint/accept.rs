//! Findings that somebody accepts, by a comment that says why.

use super::Finding;
use super::files::Migration;

/// How such a comment begins.
const ACCEPT: &str = "-- lint: accept ";

/// Leaves out what the migration's comments accept. A comment without a reason, or that accepts nothing, is a finding itself.
pub(super) fn filter(migration: &Migration, findings: Vec<Finding>) -> Vec<Finding> {
    let mut left = findings;
    for (index, line) in migration.up.lines().map(str::trim).enumerate() {
        let Some(accepted) = line.strip_prefix(ACCEPT) else { continue };
        let finding =
            |message: &str| Finding { line: index + 1, ..Finding::new(&migration.path, "acceptance", message) };
        let Some((rule, _)) = accepted.split_once(": ").filter(|(_, reason)| !reason.trim().is_empty()) else {
            left.push(finding("gives no reason: `-- lint: accept RULE: REASON`"));
            continue;
        };
        let before = left.len();
        left.retain(|finding| finding.rule != rule);
        if left.len() == before {
            left.push(finding("accepts what is not found"));
        }
    }
    left
}
