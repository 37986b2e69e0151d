//! Where Partbook keeps what is its own and no part of the catalog: on PostgreSQL in a schema of its own, so that the tools of
//! other programs see nothing strange among the tables of the catalog; on SQLite in tables whose names begin with `partbook_`.

use crate::dialect::Dialect;
use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// What the names of our own tables begin with on SQLite.
const PREFIX: &str = "partbook_";

/// What stands for the beginning of such a name in the scripts of migrations, and for the schema alone.
const NAME_PLACEHOLDER: &str = "${own}";
const SCHEMA_PLACEHOLDER: &str = "${own_schema}";

/// The schema of a catalog in `public`.
const USUAL_SCHEMA: &str = "partbook";

/// The names of our own tables in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTables {
    dialect: Dialect,
    /// The schema on PostgreSQL, quoted; empty on SQLite.
    schema: String,
    /// The schema that the catalog is in, or will be, likewise.
    catalog_schema: String,
}

/// The schema of the catalog, and the one of ours that belongs to it: several catalogs of one database share nothing. A name
/// has 63 bytes at most, and PostgreSQL cuts a longer one without a word: a long one is told by its hash.
///
/// As long as there is no catalog, it will be in the first schema of the search path. That is not one of ours, though a role
/// called `partbook` has that as its `"$user"` as soon as it is there.
const SCHEMAS: &str = "
    select quote_ident(n.nspname), quote_ident(case
        when n.nspname = 'public' then 'partbook'
        when octet_length(n.nspname::text) <= 54 then n.nspname || '_partbook'
        else 'partbook_' || md5(n.nspname::text)
    end)
    from pg_namespace n
    where n.oid = coalesce(
        (select relnamespace from pg_class where oid = to_regclass('cpu')),
        (select s.oid from unnest(current_schemas(false)) with ordinality as path (name, place)
            join pg_namespace s on s.nspname = path.name
            where not exists (select from pg_class c where c.relnamespace = s.oid and c.relname = 'migration_run')
            order by path.place limit 1),
        (select oid from pg_namespace where nspname = current_schema()))";

impl OwnTables {
    /// Finds out what they are called.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(pool: &Pool) -> Result<Self, Error> {
        let names = match pool.any() {
            AnyPool::Postgres(_) => pool.text_rows(SCHEMAS).await?.into_iter().next().unwrap_or_default(),
            AnyPool::Sqlite(_) => Vec::new(),
        };
        let mut names = names.into_iter().map(Option::unwrap_or_default);
        let (catalog_schema, schema) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        Ok(Self { dialect: Dialect::of(pool), schema, catalog_schema })
    }

    /// What they are called where no database is looked at: the catalog is in the schema `public` then.
    #[must_use]
    pub fn usual(dialect: Dialect) -> Self {
        let (schema, catalog_schema) = match dialect {
            Dialect::Postgres => (USUAL_SCHEMA, "public"),
            Dialect::Sqlite => ("", ""),
        };
        Self { dialect, schema: schema.to_owned(), catalog_schema: catalog_schema.to_owned() }
    }

    /// Which database they are in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Their schema on PostgreSQL, quoted.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        (self.dialect == Dialect::Postgres).then_some(self.schema.as_str())
    }

    /// The schema that the catalog is in, or will be, on PostgreSQL, quoted.
    #[must_use]
    pub fn catalog_schema(&self) -> Option<&str> {
        (self.dialect == Dialect::Postgres).then_some(self.catalog_schema.as_str())
    }

    /// A table of ours, as statements name it.
    #[must_use]
    pub fn table(&self, name: &str) -> String {
        format!("{}{name}", self.prefix())
    }

    /// Whether a table that the catalogue found is one of ours.
    #[must_use]
    pub fn is_ours(&self, table: &str) -> bool {
        table.starts_with(&self.prefix())
    }

    /// The script of a migration as it is executed: with our names in the places of the placeholders.
    #[must_use]
    pub fn fill(&self, script: &str) -> String {
        script.replace(NAME_PLACEHOLDER, &self.prefix()).replace(SCHEMA_PLACEHOLDER, &self.schema)
    }

    /// Whether a table of ours is there, be it readable or not.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn has(&self, pool: &Pool, name: &str) -> Result<bool, Error> {
        let query = match self.dialect {
            // Of a schema that the role may not use it is not told whether a table is there.
            Dialect::Postgres => format!(
                "select 'yes' from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where quote_ident(n.nspname) = '{}' and c.relname = '{name}'",
                self.schema.replace('\'', "''")
            ),
            Dialect::Sqlite => {
                format!("select 'yes' from sqlite_schema where type = 'table' and name = '{}'", self.table(name))
            }
        };
        Ok(!pool.text_rows(&query).await?.is_empty())
    }

    /// The statement that makes the schema; none on SQLite.
    #[must_use]
    pub fn create_schema(&self) -> Option<String> {
        self.schema().map(|schema| format!("create schema if not exists {schema};"))
    }

    /// The statement that takes the schema away, unless somebody has put something else into it; none on SQLite.
    #[must_use]
    pub fn drop_schema(&self) -> Option<String> {
        let schema = self.schema()?;
        Some(format!(
            "do $drop$ begin drop schema {schema}; exception when dependent_objects_still_exist then null; end $drop$;"
        ))
    }

    /// What stands before the name of a table of ours.
    fn prefix(&self) -> String {
        match self.dialect {
            Dialect::Postgres => format!("{}.", self.schema),
            Dialect::Sqlite => PREFIX.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_gets_the_names_of_the_database() {
        let script = "alter table note set schema ${own_schema}; select note from ${own}note, ${own}other where '$own' = '{own}'";
        let fill = |own: &OwnTables| own.fill(script);
        assert_eq!(
            fill(&OwnTables::usual(Dialect::Postgres)),
            "alter table note set schema partbook; select note from partbook.note, partbook.other where '$own' = '{own}'"
        );
        let other = OwnTables { schema: "\"a.b_partbook\"".to_owned(), ..OwnTables::usual(Dialect::Postgres) };
        assert!(fill(&other).contains("set schema \"a.b_partbook\"; select note from \"a.b_partbook\".note"));
        assert!(fill(&OwnTables::usual(Dialect::Sqlite)).contains("from partbook_note, partbook_other"));
    }

    #[test]
    fn a_table_of_ours_is_known_by_its_name() {
        for dialect in [Dialect::Postgres, Dialect::Sqlite] {
            let own = OwnTables::usual(dialect);
            assert!(own.is_ours(&own.table("note")));
            assert!(!own.is_ours("note") && !own.is_ours("partbook"));
        }
        assert!(!OwnTables::usual(Dialect::Postgres).is_ours("partbook_note"), "that is somebody else's there");
    }
}
