//! The SQL of the stored responses, composed once at start: the table is one of our own, whose name the database decides.

use partbook_database::Statement;
use partbook_database::catalogue::{RequiredColumn, RequiredTable};
use partbook_domain::Kind;

/// The table, as metrics and traces call it on either database.
pub(crate) const STORED_RESPONSES: &str = "idempotency_key";

/// What a response counts beside its body, bytes: its key, its path, its hashes and its places in two indexes.
pub(crate) const OVERHEAD: u64 = 512;

/// The statements on the table of stored responses.
#[derive(Debug)]
pub(crate) struct StoredResponseStatements {
    /// What is stored for a key, unless it is older than `$4`.
    pub(crate) load: Statement,
    /// Removes what is stored for a key.
    pub(crate) delete: Statement,
    /// Stores a response.
    pub(crate) insert: Statement,
    /// When the newest was stored that is over a limit of `$1` bytes.
    pub(crate) excess: Statement,
    /// How many there are, and how long their bodies are in all.
    pub(crate) total: Statement,
    /// Removes up to `$2` that were stored until `$1`, and answers a row for each.
    pub(crate) delete_portion: Statement,
    /// Whether the table is still there.
    pub(crate) probe: Statement,
}

impl StoredResponseStatements {
    /// The statements on the table of this name.
    pub(crate) fn compose(table: &str) -> Self {
        let key = "method = $1 and path = $2 and idempotency_key = $3";
        let select = |sql: String| Statement::select(STORED_RESPONSES, leak(sql));
        let delete = |sql: String| Statement::delete(STORED_RESPONSES, leak(sql));
        Self {
            load: select(format!(
                "select body_hash, status, location, answer from {table} where {key} and created_at > $4"
            )),
            delete: delete(format!("delete from {table} where {key}")),
            insert: Statement::insert(
                STORED_RESPONSES,
                leak(format!(
                    "insert into {table} (method, path, idempotency_key, body_hash, status, location, answer, created_at) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8)"
                )),
            ),
            excess: select(format!(
                "select max(created_at) from (select created_at, sum(octet_length(answer) + {OVERHEAD}) \
                 over (order by created_at desc rows unbounded preceding) as total from {table}) as newest where total > $1"
            )),
            total: select(format!(
                "select count(*), cast(coalesce(sum(octet_length(answer)), 0) as bigint) from {table}"
            )),
            delete_portion: delete(format!(
                "delete from {table} where (method, path, idempotency_key) in (select method, path, idempotency_key \
                 from {table} where created_at <= $1 limit $2) returning status"
            )),
            probe: select(format!("select 1 from {table} where false and status is null")),
        }
    }

    /// All of them.
    #[cfg(test)]
    pub(super) fn all(&self) -> [&Statement; 7] {
        [&self.load, &self.delete, &self.insert, &self.excess, &self.total, &self.delete_portion, &self.probe]
    }
}

/// The table as the statements need it.
pub(super) fn required() -> RequiredTable {
    let texts = ["method", "path", "idempotency_key", "body_hash", "location", "answer"];
    let mut columns = texts.map(|name| RequiredColumn::new(name, Kind::Text)).to_vec();
    columns.extend([RequiredColumn::new("status", Kind::Int), RequiredColumn::new("created_at", Kind::Time)]);
    RequiredTable { name: STORED_RESPONSES, is_own: true, columns, unique_keys: Vec::new() }
}

/// Keeps a text for the life of the process.
fn leak(text: String) -> &'static str {
    text.leak()
}
