//! The legacy schema is ours: the same tables, columns and keys, so that one set of statements serves both, and what is
//! tested on the one holds on the other. Where they differ is listed here, and tested on both.

use std::collections::{BTreeMap, BTreeSet};

use partbook_test_support::{Backend, Database};

/// The columns of every table, with type, default and whether null is allowed.
const COLUMNS: &str = "
    select c.relname, format('%s %s %s %s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'not null' end, pg_get_expr(d.adbin, d.adrelid))
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'";

/// The keys, unique and foreign, with their delete rules; and the checks.
const CONSTRAINTS: &str = "
    select conrelid::regclass::text, pg_get_constraintdef(oid)
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0";

/// What the unique indexes hold apart.
const UNIQUE: &str = "
    select tablename, regexp_replace(indexdef, '^.* USING ', '')
    from pg_indexes where schemaname = 'public' and indexdef ~* '^create unique'";

/// The words of the types of our own.
const WORDS: &str = "
    select t.typname, e.enumlabel from pg_type t join pg_enum e on e.enumtypid = t.oid";

/// The lines of a query, by table.
async fn lines(database: &Database, query: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut lines = BTreeMap::<String, BTreeSet<String>>::new();
    for row in database.rows(query).await {
        let [Some(table), Some(line)] = &row[..] else { panic!("{row:?}") };
        lines.entry(table.clone()).or_default().insert(line.clone());
    }
    lines
}

/// A foreign key that leads to a table of theirs.
const RULES: &str = "FOREIGN KEY (ruleset_id) REFERENCES valuation_ruleset(id) ON DELETE SET NULL";

#[tokio::test]
async fn its_tables_are_ours() {
    let (ours, legacy) = (Database::prepared(Backend::Postgres), Database::create(Backend::Legacy));
    for query in [COLUMNS, CONSTRAINTS, UNIQUE, WORDS] {
        let (ours, legacy) = (lines(&ours, query).await, lines(&legacy, query).await);
        let mut compared = 0;
        for (table, ours) in ours {
            // Tables on one side only are left to those who made them.
            let Some(legacy) = legacy.get(&table) else { continue };
            let more: Vec<&String> = ours.difference(legacy).collect();
            // The null-safe keys, the text that search looks into, and generations of memory, which migrations add.
            let has_more = match query {
                UNIQUE => ["ram_spec", "storage_profile"].contains(&table.as_str()),
                COLUMNS => more.iter().any(|column| column.starts_with("partbook_search ")),
                _ => false,
            };
            let has_more = usize::from(has_more);
            let has_more = if query == WORDS && table == "ram_generation" { 7 } else { has_more };
            assert_eq!(more.len(), has_more, "{table}: ours has {more:#?} and the legacy one has not");
            let more: Vec<&String> = legacy.difference(&ours).collect();
            let expected = if query == CONSTRAINTS && table == "listing" { &[RULES][..] } else { &[] };
            assert_eq!(more, expected, "{table}: the legacy one has what ours has not");
            compared += 1;
        }
        assert!(compared > 0, "nothing was compared: {query}");
    }
}
