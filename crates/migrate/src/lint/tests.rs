//! Each rule finds what it is for, and nothing in our own migrations.

use super::*;
use crate::files::checksum;

fn source(path: &str, text: &str) -> Source {
    let dialect = if path.starts_with("postgres/") { Dialect::Postgres } else { Dialect::Sqlite };
    Source { dialect, path: path.into(), text: text.into() }
}

/// A first migration on both databases, and the files of a second one.
fn with(files: &[(&str, &str)]) -> Vec<Source> {
    let first = "create table t (id integer primary key, a text);";
    let mut sources = Vec::new();
    for (database, key) in [("postgres", "integer"), ("sqlite", "integer primary key")] {
        let tables = format!("+ table t\n+ column t.id {key}\n+ column t.a text\n");
        for (ending, text) in [("sql", first), ("down.sql", "drop table t;"), ("schema", &tables)] {
            sources.push(source(&format!("{database}/0001_first.{ending}"), text));
        }
    }
    sources.retain(|source| !files.iter().any(|(path, _)| source.path == Path::new(path)));
    sources.extend(files.iter().map(|(path, text)| source(path, text)));
    sources
}

/// A second migration, the same on both databases.
fn second(up: &str, schema: &str) -> Vec<Source> {
    let mut files = Vec::new();
    for database in ["postgres", "sqlite"] {
        for (ending, text) in [("sql", up), ("down.sql", "select 1;"), ("schema", schema)] {
            files.push((format!("{database}/0002_second.{ending}"), text.to_owned()));
        }
    }
    with(&files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect::<Vec<_>>())
}

async fn found_in(sources: &[Source]) -> Vec<Finding> {
    lint(sources, "").await
}

async fn rules(sources: &[Source]) -> Vec<String> {
    let findings = found_in(sources).await;
    let mut rules: Vec<String> = findings.into_iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

#[tokio::test]
async fn files_are_complete_and_alike() {
    assert_eq!(found_in(&with(&[])).await, []);
    let up = "create table u (id integer primary key);";
    for (files, rule) in [
        (&[("postgres/2_x.sql", up)][..], "file-name"),
        (&[("sqlite/0002_Second.sql", up)], "file-name"),
        (&[("sqlite/0002_lost.down.sql", "drop table u;")], "no-migration"),
        (&[("sqlite/0002_u.sql", up)], "not-a-pair"),
        (&[("sqlite/0003_u.sql", up), ("postgres/0003_u.sql", up)], "number-missing"),
        (&[("sqlite/0001_u.sql", up), ("postgres/0001_u.sql", up)], "number-twice"),
        (&[("sqlite/0001_first.down.sql", "-- nothing\n")], "no-way-back"),
        (&[("sqlite/0001_first.sql", "-- partbook: forward: yes\nselect 1;")], "directive"),
        (&[("sqlite/0001_first.sql", "-- nothing\n")], "empty"),
        (&[("sqlite/0001_first.schema", "+ nonsense\n")], "not-recorded"),
    ] {
        let found = rules(&with(files)).await;
        assert!(found.iter().any(|found| found == rule), "{rule}: {found:?}");
    }
    let mut sources = with(&[("sqlite/0002_b.sql", up), ("postgres/0002_a.sql", up)]);
    assert!(found_in(&sources).await.iter().any(|it| it.message.contains("on SQLite the migration 2 is called b")));
    sources.retain(|source| !source.path.ends_with("0001_first.schema"));
    assert!(rules(&sources).await.contains(&"not-recorded".to_owned()));
}

#[tokio::test]
async fn scripts_are_read_with_the_names_of_our_own_tables() {
    let up = "create table ${own}note (id bigint primary key);";
    let mut files = Vec::new();
    for database in ["postgres", "sqlite"] {
        for (ending, text) in [("sql", up), ("down.sql", "drop table ${own}note;"), ("schema", "")] {
            files.push((format!("{database}/0002_note.{ending}"), text));
        }
    }
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    assert_eq!(found_in(&with(&files)).await, []);
    let unknown = [("sqlite/0001_first.sql", "create table ${owned}t (id integer primary key, a text);")];
    assert!(rules(&with(&unknown)).await.contains(&"syntax".to_owned()));
    // What was released is the file.
    let sum = checksum(up);
    let released = format!("postgres 0002 note {sum}\nsqlite 0002 note {sum}\n");
    assert_eq!(lint(&with(&files), &released).await, []);
}

#[tokio::test]
async fn what_was_released_is_not_edited() {
    let sources =
        with(&[("sqlite/0001_first.sql", "create table t (id integer primary key, a text); -- lint: accept x: y")]);
    let sum = checksum(&sources[0].text);
    let released = |name: &str, sum: &str| format!("sqlite 0001 {name} {sum}\n");
    let of_sqlite = checksum("create table t (id integer primary key, a text); -- lint: accept x: y");
    for (line, is_edited) in
        [(released("first", &of_sqlite), false), (released("first", &sum), true), (released("other", &of_sqlite), true)]
    {
        let findings = lint(&sources, &line).await;
        assert_eq!(findings.iter().any(|it| it.rule == "edited" && it.path.starts_with("sqlite")), is_edited, "{line}");
    }
}

#[tokio::test]
async fn a_script_that_cannot_be_read_is_found_with_its_line() {
    for database in ["postgres", "sqlite"] {
        let path = format!("{database}/0001_first.sql");
        let findings =
            found_in(&with(&[(&path, "create table t (id integer primary key, a text);\ncreate tabel u;")])).await;
        assert!(findings.iter().any(|it| it.rule == "syntax" && it.path == Path::new(&path)), "{findings:#?}");
        let down = format!("{database}/0001_first.down.sql");
        assert!(rules(&with(&[(&down, "drop tabel t;")])).await.contains(&"syntax".to_owned()));
    }
    let findings = found_in(&with(&[("postgres/0001_first.sql", "select 1;\nselect 1;\ncreate tabel u;")])).await;
    assert!(findings.iter().any(|it| it.rule == "syntax" && it.line == 3), "{findings:#?}");
}

#[tokio::test]
async fn what_is_unsafe_is_found_on_both_databases() {
    for (up, schema, rule) in [
        ("drop table t;", "- table t\n- column t.id integer primary key\n- column t.a text\n", "drops-table"),
        ("alter table t drop column a;", "- column t.a text\n", "drops-column"),
        ("select 1;", "- column t.a text\n+ column t.a integer\n", "changes-column"),
        ("select 1;", "+ column t.b integer not null\n", "not-null-without-default"),
        ("delete from t; -- truncate t", "", "destroys"),
    ] {
        let findings = found_in(&second(up, schema)).await;
        for database in ["postgres", "sqlite"] {
            let is_it = |it: &Finding| it.rule == rule && it.path.starts_with(database);
            assert!(findings.iter().any(is_it), "{rule} on {database}: {findings:#?}");
        }
    }
    // A column with a default, a table of its own, an index that is dropped on purpose.
    let table = "create table u (id integer primary key, b text not null);";
    let schema = "+ table u\n+ column u.id integer primary key\n+ column u.b text not null\n";
    let found = rules(&second(table, schema)).await;
    assert!(!found.iter().any(|rule| rule == "not-null-without-default"), "{found:?}");
}

#[tokio::test]
async fn what_sqlite_loses_when_a_table_is_made_anew_is_found() {
    let files = [(
        "sqlite/0001_first.schema",
        "+ table t\n+ column t.id integer primary key\n+ column t.a text\n+ index t.i create index i on t (a)\n+ trigger t.g create trigger g\n",
    )];
    let mut sources = second("select 1;", "- index t.i create index i on t (a)\n- trigger t.g create trigger g\n");
    sources.retain(|source| source.path != Path::new(files[0].0));
    sources.push(source(files[0].0, files[0].1));
    let findings = found_in(&sources).await;
    assert_eq!(
        findings.iter().filter(|it| it.rule == "loses" && it.path.starts_with("sqlite")).count(),
        2,
        "{findings:#?}"
    );
}

#[tokio::test]
async fn what_postgres_locks_for_long_is_found() {
    for (up, rule) in [
        ("create index i on t (a);", "require-concurrent-index-creation"),
        ("alter table t add constraint c check (id > 0);", "constraint-missing-not-valid"),
        ("alter table t rename column a to b;", "renaming-column"),
        ("alter table t alter column a set not null;", "adding-not-nullable-field"),
    ] {
        let found = rules(&second(up, "")).await;
        assert!(found.iter().any(|found| found == rule), "{rule}: {found:?}");
    }
}

#[tokio::test]
async fn a_foreign_key_has_a_target_and_an_index() {
    let schema = |more: &str| {
        format!("+ table u\n+ column u.id integer primary key\n+ column u.t_id integer references t (id)\n{more}")
    };
    assert!(rules(&second("select 1;", &schema(""))).await.contains(&"no-index".to_owned()));
    let indexed = schema("+ index u.i CREATE INDEX i ON u USING btree (t_id)\n");
    assert!(!rules(&second("select 1;", &indexed)).await.contains(&"no-index".to_owned()));
    let lost = indexed.replace("references t ", "references nowhere ");
    assert!(rules(&second("select 1;", &lost)).await.contains(&"no-target".to_owned()));
    let key = "+ table u\n+ column u.t_id integer\n+ foreign-key u.k FOREIGN KEY (t_id) REFERENCES t(id)\n";
    assert!(rules(&second("select 1;", key)).await.contains(&"no-index".to_owned()));
    let unreadable = "+ table u\n+ column u.at timestamp with time zone\n";
    assert!(rules(&second("select 1;", unreadable)).await.contains(&"unreadable-type".to_owned()));
}

#[tokio::test]
async fn a_finding_is_accepted_with_a_reason() {
    let drops = "- column t.a text\n";
    let accepted = "-- lint: accept drops-column: nobody reads it any more\nalter table t drop column a;";
    assert!(!rules(&second(accepted, drops)).await.contains(&"drops-column".to_owned()));
    for (comment, says) in
        [("-- lint: accept drops-column", "no reason"), ("-- lint: accept drops-table: old", "not found")]
    {
        let findings = found_in(&second(&format!("{comment}\nalter table t drop column a;"), drops)).await;
        assert!(findings.iter().any(|it| it.rule == "acceptance" && it.message.contains(says)), "{findings:#?}");
        assert!(findings.iter().any(|it| it.rule == "drops-column"), "{findings:#?}");
    }
}
