//! Rows of all sorts for the tests of lists: ties, nulls, letter case, and letters beyond ASCII.

use std::cmp::Ordering;

use serde_json::{Value, json};

use partbook_test_support::Service;
use partbook_test_support::contract::{Direction, Entity, Kind, Limit};

/// In the order in which they sort.
pub(super) const TEXTS: [&str; 20] = [
    "!b",
    "%_\\'",
    "+&=#",
    "10",
    "9",
    "_x",
    "A",
    "a",
    "a-b",
    "a_b",
    "AB",
    "aB",
    "ab",
    "Zeta",
    "{x",
    "~",
    "Ähm",
    "émile",
    "\u{fffd}x",
    "🖥 x",
];

/// Fills an empty collection and answers its rows, by id.
pub(super) async fn filled(service: &Service, entity: &Entity) -> Vec<Value> {
    for n in 0..TEXTS.len() {
        let mut body = (entity.minimal)(0);
        for (position, limit) in entity.limits().enumerate() {
            // Names are all different; the other fields tie, each in its own rhythm.
            let n = if limit.field == "name" { n * 7 % TEXTS.len() } else { (n + position) % (5 + position % 3) };
            if let Some(value) = value(limit, n) {
                body[limit.field] = value;
            }
        }
        service.created(entity.path, &body).await;
    }
    // Nulls where POST derives; and times that tie.
    let mut statements = String::new();
    for column in ["label", "total_capacity_gb", "capacity_gb"] {
        if entity.limits().any(|limit| limit.field == column) {
            statements += &format!("update {} set {column} = null where id % 6 = 1;", entity.table);
        }
    }
    for (column, every) in [("created_at", 3), ("updated_at", 2)] {
        statements += &format!(
            "update {} set {column} = '2024-01-0{every}T00:00:00.000000Z' where id % {every} = 0;",
            entity.table
        );
    }
    service.sql(&statements).await;
    let mut rows = service.get(&format!("{}?limit=1000", entity.path)).await.expect(200).array();
    rows.sort_by_key(|row| row["id"].as_i64());
    assert!(rows.len() > 10, "{} rows", rows.len());
    rows
}

/// The `n`th of a field's values; some are null.
fn value(limit: &Limit, n: usize) -> Option<Value> {
    let value = match limit.kind {
        Kind::Text if limit.field == "name" => json!(TEXTS[n]),
        Kind::Text if n == 0 && !limit.required => Value::Null,
        // RAM and storage would trim the first.
        Kind::Text => json!(TEXTS[1 + n * 5 % (TEXTS.len() - 1)]),
        Kind::Integer => match n {
            0 => Value::Null,
            1 | 2 => json!(limit.min?),
            3 => json!(limit.min? + 1),
            _ => json!(limit.max.unwrap_or(i32::MAX.into()) - i64::try_from(n).ok()?),
        },
        Kind::Choice(words) => json!(words[(n + 3) % words.len()]),
        Kind::Boolean => json!(n == 3),
        _ => return None,
    };
    // What must be known for POST to accept it.
    (!value.is_null() || !["total_capacity_gb", "capacity_gb"].contains(&limit.field)).then_some(value)
}

/// The fields with one value each.
pub(super) fn scalars(entity: &Entity) -> impl Iterator<Item = &'static Limit> {
    entity.limits().filter(|limit| !matches!(limit.kind, Kind::Object | Kind::Array))
}

/// The kind of a field, of `id` and of the times.
fn kind(entity: &Entity, field: &str) -> Kind {
    let found = entity.limits().find(|limit| limit.field == field).map(|limit| limit.kind);
    found.unwrap_or(if field == "id" { Kind::Integer } else { Kind::Date })
}

/// The contract's order of two values: nulls last either way.
fn compare(kind: Kind, one: &Value, other: &Value, direction: Direction) -> Ordering {
    let ordering = match (one.is_null(), other.is_null()) {
        (false, false) => match kind {
            Kind::Text => {
                let key = |value: &Value| {
                    let text = value.as_str().expect("a text");
                    (text.to_ascii_lowercase(), text.to_owned())
                };
                key(one).cmp(&key(other))
            }
            Kind::Choice(words) => {
                let place = |value: &Value| words.iter().position(|word| value == word);
                place(one).cmp(&place(other))
            }
            Kind::Date => one.as_str().cmp(&other.as_str()),
            Kind::Boolean => one.as_bool().cmp(&other.as_bool()),
            _ => one.as_i64().cmp(&other.as_i64()),
        },
        (one, other) => return one.cmp(&other),
    };
    if direction == Direction::Descending { ordering.reverse() } else { ordering }
}

/// The ids in the order of these fields; where they tie, of the id in the direction of the last of them.
pub(super) fn ordered(entity: &Entity, rows: &[Value], order: &[(&str, Direction)]) -> Vec<i64> {
    let mut rows: Vec<&Value> = rows.iter().collect();
    let tie_break = ("id", order.last().map_or(Direction::Ascending, |(_, direction)| *direction));
    rows.sort_by(|one, other| {
        let keys = order.iter().chain([&tie_break]);
        keys.map(|(field, direction)| compare(kind(entity, field), &one[*field], &other[*field], *direction))
            .fold(Ordering::Equal, Ordering::then)
    });
    rows.into_iter().map(id).collect()
}

/// The ids of rows, in their order.
pub(super) fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(id).collect()
}

fn id(row: &Value) -> i64 {
    row["id"].as_i64().expect("an id")
}
