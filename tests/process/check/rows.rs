//! Rows that break a rule by themselves, or beside those that they point at.

use super::{check, failed, findings, found, heal, sound, unguarded};
use partbook_test_support::{Backend, Database, backends};

backends!(a_reference_that_leads_nowhere_is_emptied: Sqlite, Postgres, Legacy);
async fn a_reference_that_leads_nowhere_is_emptied(backend: Backend) {
    let database = Database::prepared(backend);
    sound(&database).await;
    let rows = "insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}');
        insert into listing (title, other_urls, cpu_id) values ('a', '[]', 1), ('b', '[]', 4711), ('c', '[]', null)";
    if backend == Backend::Legacy {
        // As it is where a constraint was added later.
        database.sql("alter table listing drop constraint listing_cpu_id_fkey").await;
        database.sql(rows).await;
        database.sql("alter table listing add constraint late foreign key (cpu_id) references cpu not valid").await;
    } else {
        unguarded(&database, rows).await;
    }
    let findings = findings(&database).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    heal(&database, found(&findings, "orphan", "listing.cpu_id", 1, &["2"])).await;
    sound(&database).await;
    let left = database.value("select cast(count(cpu_id) as text) from listing").await;
    assert_eq!(left.as_deref(), Some("1"), "what leads somewhere stays");
}

backends!(a_reference_without_a_constraint_is_looked_at: Postgres, Legacy);
async fn a_reference_without_a_constraint_is_looked_at(backend: Backend) {
    let database = Database::prepared(backend);
    database.sql("alter table listing drop constraint fk_listing_ram_spec_id").await;
    database.sql("insert into listing (title, other_urls, ram_spec_id) values ('a', '[]', 5)").await;
    let findings = findings(&database).await;
    heal(&database, found(&findings, "orphan", "listing.ram_spec_id", 1, &["1"])).await;
    sound(&database).await;
}

backends!(a_part_of_a_row_that_is_gone_is_left_to_a_person: Sqlite, Postgres, Legacy);
async fn a_part_of_a_row_that_is_gone_is_left_to_a_person(backend: Backend) {
    let database = Database::prepared(backend);
    unguarded(&database, "insert into port (ports_profile_id, type) values (7, 'USB-A'), (8, 'USB-C')").await;
    let findings = findings(&database).await;
    let finding = found(&findings, "orphan", "port.ports_profile_id", 2, &["1", "2"]);
    assert!(finding["healing"].is_null(), "{finding}");
    let (_, delete) = finding["by_hand"].as_str().and_then(|text| text.split_once("give these up: ")).expect("a way");
    database.sql("insert into ports_profile (name, attributes_json) values ('One', '{}')").await;
    database.sql("insert into port (ports_profile_id, type) values (1, 'HDMI')").await;
    database.sql(delete).await;
    sound(&database).await;
    assert_eq!(database.value("select type from port").await.as_deref(), Some("HDMI"));
}

backends!(tables_of_other_programs_are_looked_at_too: Sqlite, Postgres, Legacy);
async fn tables_of_other_programs_are_looked_at_too(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "create table \"Saved Build\" (id integer primary key, \"Cpu\" integer references cpu (id));
             create table rating (cpu_id integer not null references cpu (id), \"order\" integer)",
        )
        .await;
    unguarded(&database, "insert into \"Saved Build\" values (3, 12), (5, 12); insert into rating values (12, 1)")
        .await;
    let findings = findings(&database).await;
    assert_eq!(findings.len(), 2, "{findings:?}");
    let saved = findings.iter().find(|finding| !finding["healing"].is_null()).expect("one with a healing");
    found(std::slice::from_ref(saved), "orphan", "Saved Build.Cpu", 2, &["3", "5"]);
    if backend == Backend::Sqlite {
        // What SQLite's own check says.
        assert_eq!(database.rows("pragma foreign_key_check").await.len(), 3);
    }
    heal(&database, saved).await;
    database.sql("delete from rating").await;
    sound(&database).await;
    if backend == Backend::Sqlite {
        assert_eq!(database.rows("pragma foreign_key_check").await.len(), 0);
    }
}

#[tokio::test]
async fn a_table_that_is_not_there_has_no_rows_to_point_at() {
    let database = Database::prepared(Backend::Sqlite);
    // A name is the same in any letter case.
    let tables = "create table Maker (id integer primary key);
        create table wish (id integer primary key, maker_id integer references mAKER (id), shop_id integer references shop (id))";
    database.sql(tables).await;
    sound(&database).await;
    unguarded(&database, "insert into maker values (1); insert into wish values (1, 1, 1), (2, 1, null)").await;
    let findings = findings(&database).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    let finding = found(&findings, "orphan", "wish.shop_id", 1, &["1"]);
    assert!(
        finding["healing"].as_str().is_some_and(|text| text.starts_with("pragma foreign_keys = off;")),
        "{finding}"
    );
    heal(&database, finding).await;
    sound(&database).await;
}

backends!(of_two_rows_with_the_flag_the_last_one_keeps_it: Sqlite, Postgres, Legacy);
async fn of_two_rows_with_the_flag_the_last_one_keeps_it(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "insert into profile (name, is_default, updated_at) values ('old', true, '2024-01-01T00:00:00.000000Z'),
                ('new', true, '2025-01-01T00:00:00.000000Z'), ('none', false, '2026-01-01T00:00:00.000000Z')",
        )
        .await;
    let findings = findings(&database).await;
    heal(&database, found(&findings, "second-flag", "profile.is_default", 2, &["1", "2"])).await;
    sound(&database).await;
    assert_eq!(database.value("select name from profile where is_default").await.as_deref(), Some("new"));
}

backends!(a_word_that_is_not_known_is_told: Sqlite, Postgres, Legacy);
async fn a_word_that_is_not_known_is_told(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql("insert into listing (title, other_urls, condition) values ('a', '[]', 'used'), ('b', '[]', 'broken')")
        .await;
    let findings = findings(&database).await;
    let finding = found(&findings, "unknown-word", "listing.condition", 1, &["2"]);
    assert!(finding["by_hand"].as_str().is_some_and(|text| text.contains("'refurb'")), "{finding}");
    database.sql("update listing set condition = 'used' where id = 2").await;
    sound(&database).await;
}

backends!(a_word_of_a_type_that_is_not_known_is_told: Postgres, Legacy);
async fn a_word_of_a_type_that_is_not_known_is_told(backend: Backend) {
    let database = Database::prepared(backend);
    database.sql("alter type ram_generation add value 'ddr9'").await;
    database.sql("insert into ram_spec (ddr_generation, attributes_json) values ('ddr9', '{}')").await;
    found(&findings(&database).await, "unknown-word", "ram_spec.ddr_generation", 1, &["1"]);
}

#[tokio::test]
async fn a_document_that_is_not_json_is_told() {
    let database = Database::prepared(Backend::Sqlite);
    let row = "insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{\"a\":')";
    database.sql(&format!("pragma ignore_check_constraints = on; {row}")).await;
    let findings = findings(&database).await;
    found(&findings, "broken-document", "cpu.attributes_json", 1, &["1"]);
    database.sql("update cpu set attributes_json = '{}'").await;
    sound(&database).await;
}

#[tokio::test]
async fn an_index_that_does_not_agree_with_its_table_is_made_anew() {
    let database = Database::prepared(Backend::Sqlite);
    database.sql("insert into cpu (name, manufacturer, cores, threads) values ('Zen', 'AMD', 4, 8)").await;
    let other = "create index idx_cpu_cores on cpu (threads)";
    database
        .sql(&format!(
            "pragma writable_schema = on; update sqlite_schema set sql = '{other}' where name = 'idx_cpu_cores'"
        ))
        .await;
    let findings = findings(&database).await;
    let finding = findings.iter().find(|finding| finding["kind"] == "damage").expect("damage");
    assert!(finding["examples"][0].as_str().is_some_and(|text| text.contains("idx_cpu_cores")), "{finding}");
    heal(&database, finding).await;
    sound(&database).await;
}

#[tokio::test]
async fn a_file_that_is_damaged_is_left_to_a_person() {
    let database = Database::prepared(Backend::Sqlite);
    let rows = "insert into cpu (name, manufacturer, notes) with recursive n (i) as (select 1 union all select i + 1 from n where i < 400)
        select 'CPU ' || i, 'AMD', hex(zeroblob(200)) from n";
    database.sql(rows).await;
    let root =
        database.value("select cast(rootpage as text) from sqlite_schema where name = 'cpu'").await.expect("a page");
    let path = database.url().trim_start_matches("sqlite://").to_owned();
    let mut bytes = std::fs::read(&path).expect("the file");
    let start = (root.parse::<usize>().expect("a number") - 1) * 4096;
    // The root page of the table says that it has no cells.
    bytes[start + 3..start + 5].fill(0);
    std::fs::write(&path, bytes).expect("the file");
    let finished = check(&database, &[]).await;
    failed(&finished, 1, "finding(s)");
    for words in [
        "-- damage the database: SQLite finds ",
        "restore a backup: `partbook backup restore`",
        "not looked at: cpu cannot be read: ",
    ] {
        assert!(finished.stdout.contains(words), "{words}: {finished:?}");
    }
}
