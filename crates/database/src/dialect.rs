//! Everything in which the SQL of requests differs between PostgreSQL and SQLite. All other statements have one text.

use partbook_domain::{Children, Entity, Kind, registry};

use crate::pool::{AnyPool, Pool};
use crate::statement::Statement;
use crate::url::DatabaseUrl;

/// Which of the two a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PostgreSQL, 15 or later.
    Postgres,
    /// SQLite.
    Sqlite,
}

/// How long a statement waits for a row that another transaction holds, before the request is answered 503.
const BEGIN_POSTGRES: &str = "begin isolation level read committed; set local lock_timeout = '2s'";

/// The first half of the advisory locks' keys, `part` in ASCII; the second is the entity's place in the registry.
const ENTITY_LOCK_CLASS: i32 = 0x7061_7274;

/// The same for idempotency keys, `idem`; the second half stands for the key.
const KEY_LOCK_CLASS: i32 = 0x6964_656d;

/// The same for sweeps, `swee`.
const SWEEP_LOCK_CLASS: i32 = 0x7377_6565;

impl Dialect {
    /// The dialect of a pool's database.
    #[must_use]
    pub fn of(pool: &Pool) -> Self {
        match pool.any() {
            AnyPool::Postgres(_) => Self::Postgres,
            AnyPool::Sqlite(_) => Self::Sqlite,
        }
    }

    /// The dialect of the database that a URL leads to.
    #[must_use]
    pub fn of_url(url: &DatabaseUrl) -> Self {
        if url.file().is_some() { Self::Sqlite } else { Self::Postgres }
    }

    /// Begins a transaction that will write. On SQLite it takes the one write lock at once: a lock taken later, after a
    /// read, could only fail.
    #[must_use]
    pub fn begin(self) -> Statement {
        Statement::control(
            "BEGIN",
            match self {
                Self::Postgres => BEGIN_POSTGRES,
                Self::Sqlite => "begin immediate",
            },
        )
    }

    /// Lets one writer of an entity work until its transaction ends, and has the others wait (contract section 1); on SQLite
    /// they do anyway.
    #[must_use]
    pub fn lock_entity(self, entity: &Entity) -> Option<Statement> {
        // -1 for those that not every database has.
        let place = registry().iter().position(|known| *known == entity);
        let place = place.and_then(|place| i32::try_from(place).ok()).unwrap_or(-1);
        (self == Self::Postgres).then(|| {
            let sql = format!("select pg_advisory_xact_lock({ENTITY_LOCK_CLASS}, {place})");
            Statement::control("SELECT", sql)
        })
    }

    /// Tries to take the lock with the number `$1` until the transaction ends, without waiting. None on SQLite, where a
    /// transaction that writes excludes all others.
    #[must_use]
    pub fn try_lock_key(self) -> Option<Statement> {
        let sql = format!("select pg_try_advisory_xact_lock({KEY_LOCK_CLASS}, $1::int)");
        (self == Self::Postgres).then(|| Statement::control("SELECT", sql))
    }

    /// Tries to become the one who sweeps, until the transaction ends, without waiting. None on SQLite, as above.
    #[must_use]
    pub fn try_lock_sweep(self) -> Option<Statement> {
        let sql = format!("select pg_try_advisory_xact_lock({SWEEP_LOCK_CLASS}, 0)");
        (self == Self::Postgres).then(|| Statement::control("SELECT", sql))
    }

    /// Takes ids from a table's sequence until it is past the greatest one given, `max` at the most. Not by setting the
    /// sequence, which a role that may only insert has no right to. None on SQLite, whose ids cannot fall behind.
    #[must_use]
    pub fn advance_sequence(self, table: &str, max: i64) -> Option<String> {
        (self == Self::Postgres).then(|| {
            let next = format!("nextval(pg_get_serial_sequence('{table}', 'id'))");
            format!(
                "with place as (select {next} as next, (select max(id) from {table}) as given) \
                 select max({next}) from place, generate_series(1, least({max}, given - next))"
            )
        })
    }

    /// Asks whether transactions are read-only: `standby`, `on` or `off`. None on SQLite, where only a write tells.
    #[must_use]
    pub fn read_only(self) -> Option<Statement> {
        let sql =
            "select case when pg_is_in_recovery() then 'standby' else current_setting('transaction_read_only') end";
        (self == Self::Postgres).then(|| Statement::control("SELECT", sql))
    }

    /// Holds the row that is read until the transaction ends. An update lets others go on pointing at the row; a delete
    /// does not.
    #[must_use]
    pub fn lock_row(self, table: &str, for_delete: bool) -> String {
        match (self, for_delete) {
            (Self::Postgres, true) => format!(" for update of {table}"),
            (Self::Postgres, false) => format!(" for no key update of {table}"),
            (Self::Sqlite, _) => String::new(),
        }
    }

    /// Holds the rows that are read, as for an update, but for those that another transaction holds: they are left out.
    #[must_use]
    pub fn lock_rows(self, table: &str) -> String {
        match self {
            Self::Postgres => format!("{} skip locked", self.lock_row(table, false)),
            Self::Sqlite => String::new(),
        }
    }

    /// Keeps the key of the rows that are read as it is until the transaction ends; waits for one that changes it or deletes
    /// the row.
    #[must_use]
    pub fn lock_key(self, table: &str) -> String {
        match self {
            Self::Postgres => format!(" for key share of {table}"),
            Self::Sqlite => String::new(),
        }
    }

    /// The `n`th parameter, as a value for a column of this kind. JSON is bound as text and cast: the driver's own JSON
    /// type would reorder keys.
    #[must_use]
    pub fn placeholder(self, kind: Kind, n: usize) -> String {
        match (self, kind) {
            (Self::Postgres, Kind::Enum(enumeration)) => match enumeration.postgres_type {
                Some(name) => format!("${n}::{name}"),
                None => format!("${n}"),
            },
            (Self::Postgres, kind) if kind.is_json() => format!("${n}::json"),
            _ => format!("${n}"),
        }
    }

    /// A column as it is read: enums and documents as text.
    #[must_use]
    pub fn read(self, kind: Kind, column: &str) -> String {
        match (self, kind) {
            (_, Kind::Absent) => "null".to_owned(),
            (Self::Postgres, Kind::Enum(_)) => format!("{column}::text"),
            // PostgreSQL's `infinity` is no instant that RFC 3339 can write; it reads as unknown.
            (Self::Postgres, Kind::Time) => format!("case when isfinite({column}) then {column} end"),
            (Self::Postgres, kind) if kind.is_json() => format!("{column}::text"),
            _ => column.to_owned(),
        }
    }

    /// Whether the column is one of the numbers in the `n`th parameter, which is a text: a JSON array.
    #[must_use]
    pub fn is_among(self, column: &str, n: usize) -> String {
        match self {
            // An array, for which indexes are asked once for each of its elements.
            Self::Postgres => format!("{column} = any (translate(${n}, '[]', '{{}}')::bigint[])"),
            Self::Sqlite => format!("{column} in (select value from json_each(${n}))"),
        }
    }

    /// The names of the members of a column's document, as the table `member` of one column `key`, to be joined; none of a
    /// document that is no object.
    #[must_use]
    pub fn members(self, column: &str) -> String {
        match self {
            // What `json` holds and `text` does not, U+0000 and halves of characters, would be an error in any member.
            Self::Postgres => format!(
                "lateral json_object_keys(case when json_typeof({column}) = 'object' then regexp_replace({column}::text, \
                 '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{{2}})', '\\\\u003f', 'g')::json else '{{}}'::json end) as member (key)"
            ),
            Self::Sqlite => format!(
                "json_each(case when json_valid({column}) and json_type({column}) = 'object' then {column} else '{{}}' end) \
                 as member"
            ),
        }
    }

    /// Text without regard to ASCII letter case, then by code point, whatever the collation of the database.
    #[must_use]
    pub fn text_order(self, column: &str) -> [String; 2] {
        match self {
            Self::Postgres => [format!("lower({column} collate \"C\")"), format!("{column} collate \"C\"")],
            Self::Sqlite => [format!("{column} collate nocase"), column.to_owned()],
        }
    }

    /// The `n`th parameter, a text, as it is compared with each of [`Self::text_order`].
    #[must_use]
    pub fn text_operands(self, n: usize) -> [String; 2] {
        match self {
            Self::Postgres => [format!("lower(${n}::text collate \"C\")"), format!("${n}")],
            Self::Sqlite => [format!("${n}"), format!("${n}")],
        }
    }

    /// What a column is compared by, as a text, where that cannot be told from its value as it is read; none for kinds whose
    /// values tell it always.
    #[must_use]
    pub fn stored_key(self, kind: Kind, column: &str) -> Option<String> {
        match (self, kind) {
            (Self::Postgres, Kind::Float) => {
                Some(format!("case when abs({column}) > 1.7976931348623157e308 then {column}::text end"))
            }
            (Self::Postgres, Kind::Time) => Some(format!("case when not isfinite({column}) then {column}::text end")),
            (Self::Sqlite, Kind::Float) => Some(format!(
                "case when {column} > 1.7976931348623157e308 then 'Infinity' \
                 when {column} < -1.7976931348623157e308 then '-Infinity' end"
            )),
            // A time may be written in more than one way, and is compared as a text.
            (Self::Sqlite, Kind::Time) => Some(column.to_owned()),
            _ => None,
        }
    }

    /// Whether the texts of [`Self::stored_key`] are compared as they are, and not as [`Self::stored_literal`].
    #[must_use]
    pub fn compares_stored_text(self, kind: Kind) -> bool {
        matches!((self, kind), (Self::Sqlite, Kind::Time))
    }

    /// The SQL of a value that [`Self::stored_key`] tells; none where it is none of these.
    #[must_use]
    pub fn stored_literal(self, kind: Kind, text: &str) -> Option<&'static str> {
        match (self, kind, text) {
            (Self::Postgres, Kind::Float, "NaN") => Some("'NaN'::double precision"),
            (Self::Postgres, Kind::Float, "Infinity") => Some("'Infinity'::double precision"),
            (Self::Postgres, Kind::Float, "-Infinity") => Some("'-Infinity'::double precision"),
            (Self::Postgres, Kind::Time, "infinity") => Some("'infinity'::timestamp"),
            (Self::Postgres, Kind::Time, "-infinity") => Some("'-infinity'::timestamp"),
            (Self::Sqlite, Kind::Float, "Infinity") => Some("9e999"),
            (Self::Sqlite, Kind::Float, "-Infinity") => Some("-9e999"),
            _ => None,
        }
    }

    /// Whether a comparison of several columns at once, `(a, b) > (c, d)`, is one piece of an index on them.
    #[must_use]
    pub fn compares_rows_by_index(self) -> bool {
        self == Self::Postgres
    }

    /// The child rows of `owner` as one JSON text, ordered by id.
    #[must_use]
    pub fn children(self, children: &Children, owner: &str) -> String {
        let member = |name: &str, value: String| format!("'{name}', {value}");
        let mut members = vec![member("id", "child.id".to_owned())];
        for field in children.fields {
            let column = format!("child.{}", field.column());
            members.push(member(
                field.name,
                match (self, field.kind) {
                    (_, Kind::Absent) => "null".to_owned(),
                    (Self::Sqlite, kind) if kind.is_json() => format!("json({column})"),
                    // JSON has no NaN and no infinity; they read as unknown.
                    (_, Kind::Float) => format!("case when abs({column}) <= 1.7976931348623157e308 then {column} end"),
                    _ => column,
                },
            ));
        }
        for time in ["created_at", "updated_at"] {
            members.push(member(
                time,
                match self {
                    Self::Postgres => format!("to_char(child.{time}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"),
                    Self::Sqlite => format!("child.{time}"),
                },
            ));
        }
        let (members, table, parent) = (members.join(", "), children.table, children.parent);
        match self {
            Self::Postgres => format!(
                "(select coalesce(json_agg(json_build_object({members}) order by child.id), '[]'::json)::text \
                 from {table} child where child.{parent} = {owner})"
            ),
            Self::Sqlite => format!(
                "(select json_group_array(json_object({members}) order by child.id) \
                 from {table} child where child.{parent} = {owner})"
            ),
        }
    }
}
