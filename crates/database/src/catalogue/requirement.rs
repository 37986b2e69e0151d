//! What the statements need of a database.

use partbook_domain::Kind;

use super::tables::Column;

/// A table as the statements need it.
#[derive(Clone, Debug)]
pub struct RequiredTable {
    /// Its name; of one of our own, the one without schema or prefix.
    pub name: &'static str,
    /// Whether it is one of our own, and no part of the catalog: a legacy database has none of them.
    pub is_own: bool,
    /// Its columns.
    pub columns: Vec<RequiredColumn>,
    /// The columns of each key that no two rows may share.
    pub unique_keys: Vec<Vec<&'static str>>,
}

/// A column as the statements need it.
#[derive(Clone, Copy, Debug)]
pub struct RequiredColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it is only written, compared and read as a member of JSON, which takes more types than the driver reads.
    pub is_member: bool,
}

const TEXTS: &[&str] = &["text", "varchar", "bpchar", "name", "citext"];

impl RequiredColumn {
    /// A column that the driver reads.
    #[must_use]
    pub fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, is_member: false }
    }

    /// A column that is read as a member of JSON, or only compared.
    #[must_use]
    pub fn member(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, is_member: true }
    }

    /// What it has to be, where the column that is there has another type. SQLite's columns have none.
    #[must_use]
    pub fn mismatch(&self, column: &Column) -> Option<&'static str> {
        let found = &*column.type_name.as_ref()?.base;
        let fits = match (self.kind, self.is_member) {
            (Kind::Absent | Kind::Children(_), _) => true,
            (Kind::Int, false) => ["int4", "int8"].contains(&found),
            (Kind::Int, true) => ["int2", "int4", "int8"].contains(&found),
            (Kind::Float, false) => found == "float8",
            (Kind::Float, true) => ["float4", "float8", "numeric"].contains(&found),
            (Kind::Bool, _) => found == "bool",
            (Kind::Time, false) => found == "timestamp",
            (Kind::Time, true) => ["timestamp", "timestamptz"].contains(&found),
            (Kind::Enum(enumeration), _) => match enumeration.postgres_type {
                Some(name) => found == name,
                None => TEXTS.contains(&found),
            },
            // What holds the text of a document gives it back, if not in its own words.
            (kind, _) if kind.is_json() => ["json", "jsonb"].contains(&found) || TEXTS.contains(&found),
            _ => TEXTS.contains(&found),
        };
        (!fits).then(|| self.type_on_postgres())
    }

    /// The type of our own schema on PostgreSQL.
    #[must_use]
    pub fn type_on_postgres(&self) -> &'static str {
        match self.kind {
            Kind::Int => "integer",
            Kind::Float => "double precision",
            Kind::Bool => "boolean",
            Kind::Time => "timestamp without time zone",
            Kind::Enum(enumeration) => enumeration.postgres_type.unwrap_or("text"),
            kind if kind.is_json() => "json",
            _ => "text",
        }
    }
}
