//! The SQL that makes one row of several: what points at the others points at it then. What only the others say is lost.

use crate::referrers::Referrer;
use crate::sql::bare;

/// The statements that keep of several rows the first one. `twins` is a query of pairs: the `id` of a row, and the `first` of those
/// that are the same thing.
pub(crate) fn merge(table: &str, twins: &str, referrers: &[Referrer]) -> String {
    let at_row =
        |it: &&Referrer| it.target == table && it.target_columns.len() == 1 && bare(&it.target_columns[0]) == "id";
    let at_table = || referrers.iter().filter(at_row);
    let going = format!("select twin.id from ({twins}) twin where twin.id <> twin.first");
    let mut statements = Vec::new();
    for Referrer { table, columns, .. } in at_table().filter(|it| !it.is_part) {
        let column = &columns[0];
        statements.push(format!(
            "update {table} as r set {column} = twin.first from ({twins}) twin where twin.id = r.{column} and twin.id <> twin.first;"
        ));
    }
    // Explicitly, since SQLite's own shell leaves references alone.
    for Referrer { table, columns, .. } in at_table().filter(|it| it.is_part) {
        statements.push(format!("delete from {table} where {} in ({going});", columns[0]));
    }
    statements.push(format!("delete from {table} where id in ({going});"));
    statements.join("\n")
}

/// The pairs of rows that share a key, null equal to null.
pub(crate) fn twins_by_key(table: &str, columns: &[&str], order: &str) -> String {
    let key = columns.join(", ");
    format!("select id, first_value(id) over (partition by {key} order by {order}) as first from {table}")
}

/// Pairs that are known.
pub(crate) fn twins_by_id(pairs: &[(i64, i64)]) -> String {
    let pairs = pairs.iter().map(|(id, first)| format!("({id}, {first})")).collect::<Vec<_>>().join(", ");
    format!("select column1 as id, column2 as first from (values {pairs}) pairs")
}
