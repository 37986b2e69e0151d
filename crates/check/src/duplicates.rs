//! Rows that share a natural key, null equal to null: the unique constraints of a legacy schema let rows with nulls through.

use crate::error::CheckError;
use crate::finding::{Finding, FindingKind, MAX_EXAMPLES};
use crate::keys::{Key, keys};
use crate::merge::{merge, twins_by_key};
use crate::referrers::Referrer;
use crate::snapshot::Snapshot;

pub(crate) async fn duplicates(snapshot: &mut Snapshot, referrers: &[Referrer]) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for Key { table, columns, order } in keys(snapshot) {
        let query = format!(
            "select cast(one as text), cast(other as text), cast(sum(n - 1) over () as text)
             from (select min(id) as one, max(id) as other, count(*) as n from {table} group by {} having count(*) > 1) alike
             order by one limit {MAX_EXAMPLES}",
            columns.join(", ")
        );
        let rows = snapshot.rows(table, &query).await?;
        let count = rows.first().and_then(|row| row.get(2)?.as_ref()?.parse().ok()).unwrap_or_default();
        let pair = |row: &Vec<Option<String>>| Some(format!("{} = {}", row.first()?.as_ref()?, row.get(1)?.as_ref()?));
        let examples: Vec<String> = rows.iter().filter_map(pair).collect();
        if examples.is_empty() {
            continue;
        }
        findings.push(Finding {
            kind: FindingKind::Duplicate,
            table: Some(table.to_owned()),
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            count,
            examples,
            what: format!("{count} row(s) have the key of another one"),
            healing: Some(merge(table, &twins_by_key(table, &columns, &order), referrers)),
            by_hand: None,
        });
    }
    Ok(findings)
}
