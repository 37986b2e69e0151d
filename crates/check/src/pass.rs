//! One pass over each table: how many rows it has, and how many of them break its rules.

use partbook_database::Dialect;

use crate::counts::RowCounts;
use crate::error::CheckError;
use crate::finding::{Finding, MAX_EXAMPLES};
use crate::referrers::Referrer;
use crate::rules::{Rule, of_referrer, of_table};
use crate::snapshot::Snapshot;
use crate::sql::identifier;

/// A table, and the rules for its rows.
struct Pass {
    name: String,
    /// The table, as SQL calls it.
    table: String,
    /// The expression by which a row is told; none where nothing is known of the table.
    id: Option<&'static str>,
    rules: Vec<Rule>,
    /// Whether its rows are counted: not where an unqualified name does not find it.
    counts: bool,
}

/// Counts the rows of all tables, and finds those that break a rule.
pub(crate) async fn pass_over(
    snapshot: &mut Snapshot,
    referrers: &[Referrer],
    counts: &mut RowCounts,
) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for pass in passes(snapshot, referrers) {
        let broken =
            pass.rules.iter().map(|rule| format!(", cast(count(*) filter (where {}) as text)", rule.condition));
        let query = format!("select cast(count(*) as text){} from {} r", broken.collect::<String>(), pass.table);
        let row = snapshot.rows(&pass.name, &query).await?.into_iter().next().unwrap_or_default();
        let mut numbers =
            row.iter().map(|text| text.as_ref().and_then(|text| text.parse::<u64>().ok()).unwrap_or_default());
        let rows = numbers.next().unwrap_or_default();
        if pass.counts {
            counts.tables.insert(pass.name.clone(), rows);
        }
        for (rule, count) in pass.rules.iter().zip(numbers).filter(|(rule, count)| *count > rule.tolerated) {
            let examples = examples(snapshot, &pass, &rule.condition).await?;
            findings.push(Finding {
                kind: rule.kind,
                table: Some(pass.name.clone()),
                columns: rule.columns.clone(),
                count,
                examples,
                what: format!("{count} {}", rule.says),
                healing: rule.healing.clone(),
                by_hand: rule.by_hand.clone(),
            });
        }
    }
    Ok(findings)
}

async fn examples(snapshot: &mut Snapshot, pass: &Pass, condition: &str) -> Result<Vec<String>, CheckError> {
    let Some(id) = pass.id else { return Ok(Vec::new()) };
    let query =
        format!("select cast({id} as text) from {} r where {condition} order by {id} limit {MAX_EXAMPLES}", pass.table);
    Ok(snapshot
        .rows(&pass.name, &query)
        .await?
        .into_iter()
        .filter_map(|row| row.into_iter().next().flatten())
        .collect())
}

fn passes(snapshot: &Snapshot, referrers: &[Referrer]) -> Vec<Pass> {
    let (catalogue, dialect) = (&snapshot.catalogue, snapshot.dialect());
    let mut passes: Vec<Pass> = Vec::new();
    for table in &catalogue.tables {
        let id = match dialect {
            _ if table.column("id").is_some() => Some("r.id"),
            Dialect::Postgres => Some("r.ctid"),
            // A table may have no row ids.
            Dialect::Sqlite => None,
        };
        let rules = of_table(&table.name, catalogue, dialect);
        passes.push(Pass { name: table.name.clone(), table: identifier(&table.name), id, rules, counts: true });
    }
    for referrer in referrers {
        let rule = of_referrer(referrer, catalogue);
        if let Some(pass) = passes.iter_mut().find(|pass| pass.name == referrer.name) {
            pass.rules.push(rule);
        } else {
            let (name, table) = (referrer.name.clone(), referrer.table.clone());
            passes.push(Pass { name, table, id: None, rules: vec![rule], counts: false });
        }
    }
    passes
}
