//! Names that look alike: equal without what nobody sees, as the catalog compares them.

use std::collections::{BTreeMap, BTreeSet};

use partbook_domain::{Entity, Identity, clean_name};

use crate::error::CheckError;
use crate::finding::{Finding, FindingKind, MAX_EXAMPLES};
use crate::keys::order;
use crate::merge::{merge, twins_by_id};
use crate::referrers::Referrer;
use crate::snapshot::{Snapshot, entities};
use crate::sql::literal;

/// How many names that are not clean are compared. Whoever creates a row looks at each of them, so there are few.
const MAX_UNCLEAN: usize = 10_000;

/// How many names one statement looks for.
const CHUNK_SIZE: usize = 500;

/// How many rows the statements of a finding merge.
const MAX_MERGED: usize = 100;

/// The rows of each clean name, by their ids.
type Named = BTreeMap<String, BTreeSet<i64>>;

pub(crate) async fn look_alikes(snapshot: &mut Snapshot, referrers: &[Referrer]) -> Result<Vec<Finding>, CheckError> {
    let mut findings = Vec::new();
    for entity in entities().filter(|entity| entity.identity == Identity::Name) {
        if snapshot.has(entity.name, &["id", "name"]) {
            findings.extend(of_entity(snapshot, entity, referrers).await?);
        }
    }
    Ok(findings)
}

async fn of_entity(
    snapshot: &mut Snapshot,
    entity: &Entity,
    referrers: &[Referrer],
) -> Result<Option<Finding>, CheckError> {
    let named = alike(snapshot, entity.name).await?;
    if named.is_empty() {
        return Ok(None);
    }
    let listed = |ids: &BTreeSet<i64>| ids.iter().map(i64::to_string).collect::<Vec<_>>().join(" = ");
    let count = named.values().map(|ids| ids.len() as u64 - 1).sum();
    let pairs = pairs(snapshot, entity, &named).await?;
    Ok(Some(Finding {
        kind: FindingKind::LookAlike,
        table: Some(entity.name.to_owned()),
        columns: vec!["name".to_owned()],
        count,
        examples: named.values().take(MAX_EXAMPLES).map(listed).collect(),
        what: format!("{count} row(s) have a name that looks like that of another one"),
        healing: Some(merge(entity.name, &twins_by_id(&pairs), referrers)),
        by_hand: None,
    }))
}

/// The names that several rows have, of which at least one is not clean. Two that are both clean are equal byte by byte.
async fn alike(snapshot: &mut Snapshot, table: &str) -> Result<Named, CheckError> {
    let unclean = snapshot.text.may_be_unclean("name");
    let limit = MAX_UNCLEAN + 1;
    let query = format!("select cast(id as text), name from {table} where {unclean} order by id limit {limit}");
    let unclean = snapshot.rows(table, &query).await?;
    if unclean.len() > MAX_UNCLEAN {
        let what = format!("{table}.name: only the first {MAX_UNCLEAN} names that are not clean were compared");
        snapshot.unseen.insert(what);
    }
    let mut named = Named::new();
    collect(&mut named, unclean.into_iter().take(MAX_UNCLEAN));
    // A statement would end at a NUL.
    let literals: Vec<String> = named.keys().filter(|name| !name.contains('\0')).map(|name| literal(name)).collect();
    for chunk in literals.chunks(CHUNK_SIZE) {
        let query = format!("select cast(id as text), name from {table} where name in ({})", chunk.join(", "));
        collect(&mut named, snapshot.rows(table, &query).await?.into_iter());
    }
    named.retain(|_, ids| ids.len() > 1);
    Ok(named)
}

/// Adds rows to those of their clean names.
fn collect(named: &mut Named, rows: impl Iterator<Item = Vec<Option<String>>>) {
    for row in rows {
        let Ok([Some(id), Some(name)]) = <[_; 2]>::try_from(row) else { continue };
        let Ok(id) = id.parse() else { continue };
        named.entry(clean_name(&name)).or_default().insert(id);
    }
}

/// The rows to be merged, each with the one that is kept: as many as fit into a statement.
async fn pairs(snapshot: &mut Snapshot, entity: &Entity, named: &Named) -> Result<Vec<(i64, i64)>, CheckError> {
    let mut room = MAX_MERGED;
    let mut groups: Vec<Vec<i64>> = Vec::new();
    for ids in named.values() {
        let group: Vec<i64> = ids.iter().copied().take(room).collect();
        room -= group.len();
        groups.push(group);
    }
    let ids = groups.iter().flatten().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let query = format!("select cast(id as text) from {} where id in ({ids}) order by {}", entity.name, order(entity));
    let rows = snapshot.rows(entity.name, &query).await?;
    let kept: Vec<i64> = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()?.parse().ok()).collect();
    let of_group = |group: Vec<i64>| {
        let first = kept.iter().copied().find(|id| group.contains(id));
        group.into_iter().filter_map(move |id| Some((id, first?))).filter(|(id, first)| id != first)
    };
    Ok(groups.into_iter().flat_map(of_group).collect())
}
