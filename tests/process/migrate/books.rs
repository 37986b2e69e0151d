//! What the books say, and what may be changed in them: stamps and repairs.

use super::{Directory, failed, migrate, newest, states, succeeded};
use partbook_test_support::{Backend, Database, backends};

/// The statement of a migration without the transaction and the books.
async fn by_hand(database: &Database, file: &str) {
    let path = Directory::new();
    let sql = std::fs::read_to_string(path.file(database, file)).expect("a script");
    database.sql(&sql).await;
}

backends!(what_was_done_by_hand_is_stamped_and_nothing_else);
async fn what_was_done_by_hand_is_stamped_and_nothing_else(database: Database) {
    succeeded(migrate(&database, &["up", "--to", "1"]).await);
    let refused = migrate(&database, &["stamp", "2", "--yes"]).await;
    failed(&refused, 1, "nothing was entered");
    assert!(refused.stdout.contains("differs  index listing.ix_listing_cpu_id is missing"), "{refused:?}");
    by_hand(&database, "0002_lookup_indexes.sql").await;
    by_hand(&database, "0004_idempotency_keys.sql").await;
    failed(&migrate(&database, &["stamp", "2"]).await, 2, "--yes says so");
    assert!(succeeded(migrate(&database, &["stamp", "2", "--dry-run"]).await).contains("would be entered"));
    assert!(states(&database, &[]).await.contains(&(2, "pending".to_owned())));
    succeeded(migrate(&database, &["stamp", "2", "--yes"]).await);
    assert!(states(&database, &[]).await.contains(&(2, "applied".to_owned())));
    // Several at once, none of them when one is not there.
    failed(&migrate(&database, &["stamp", "--to", "4", "--yes"]).await, 1, "nothing was entered");
    by_hand(&database, "0003_null_safe_keys.sql").await;
    assert!(succeeded(migrate(&database, &["stamp", "--to", "4", "--yes"]).await).contains("0004"));
    assert!(succeeded(migrate(&database, &["stamp", "--to", "4", "--yes"]).await).contains("has them already"));
    succeeded(migrate(&database, &["up"]).await);
    let history = succeeded(migrate(&database, &["history"]).await);
    assert!(history.contains("    stamped 0002 lookup indexes\n"), "{history}");
    // What was stamped is ours to take back.
    succeeded(migrate(&database, &["down", "--to", "1"]).await);
    assert!(!database.schema().await.contains("ix_listing_cpu_id"));
}

backends!(an_edited_migration_is_shown_and_accepted_by_name);
async fn an_edited_migration_is_shown_and_accepted_by_name(database: Database) {
    let directory = Directory::new();
    directory.add_table("9001", "diary", "");
    let there = ["--directory", directory.path()];
    let with = |arguments: &[&'static str]| -> Vec<&str> { arguments.iter().copied().chain(there).collect() };
    succeeded(migrate(&database, &with(&["up"])).await);
    failed(&migrate(&database, &with(&["repair", "9001", "--yes"])).await, 1, "nothing to repair");
    directory.add_table("9001", "diary", "-- Edited.\n");
    assert!(states(&database, &there).await.contains(&(9001, "edited".to_owned())));
    failed(&migrate(&database, &with(&["status"])).await, 2, "repair 9001");
    for verb in ["up", "down"] {
        failed(&migrate(&database, &with(&[verb])).await, 1, "migration(s) 9001 in another form");
    }
    let shown = succeeded(migrate(&database, &with(&["repair", "9001", "--dry-run"])).await);
    assert!(shown.contains("+ -- Edited.\n  create table diary"), "{shown}");
    failed(&migrate(&database, &with(&["repair", "9001"])).await, 2, "--yes says so");
    succeeded(migrate(&database, &with(&["repair", "9001", "--yes", "--reason", "a comment"])).await);
    succeeded(migrate(&database, &with(&["status"])).await);
    let history = succeeded(migrate(&database, &with(&["history"])).await);
    assert!(history.contains("    because: a comment\n    accepted 9001 diary: "), "{history}");
    let record = succeeded(migrate(&database, &with(&["history", "9001"])).await);
    for part in ["9001 diary\nchecksum ", "-- Edited.", "drop table diary;", "+ table diary", "accepted 9001"] {
        assert!(record.contains(part), "{part}: {record}");
    }
}

backends!(up_and_down_stop_on_drift_unless_a_reason_is_given);
async fn up_and_down_stop_on_drift_unless_a_reason_is_given(database: Database) {
    succeeded(migrate(&database, &["up", "--to", "3"]).await);
    database.sql("create table diary (id integer)").await;
    let before = database.schema().await;
    for (verb, step) in [("up", "up 0004 ".to_owned()), ("down", format!("down {} ", newest()))] {
        let stopped = migrate(&database, &[verb]).await;
        failed(&stopped, 2, "unknown  table diary");
        assert!(stopped.stderr.contains("--accept-drift REASON"), "{stopped:?}");
        assert!(verb == "down" || database.schema().await == before);
        succeeded(migrate(&database, &[verb, "--accept-drift", "it is mine"]).await);
        let history = succeeded(migrate(&database, &["history"]).await);
        assert!(history.contains(&format!("    because: it is mine\n    {step}")), "{history}");
    }
}

backends!(what_a_script_leaves_behind_is_told);
async fn what_a_script_leaves_behind_is_told(database: Database) {
    let directory = Directory::new();
    directory.add_table("9001", "diary", "");
    directory.write("9001_diary.down.sql", "drop table diary; create table ashes (id integer);");
    let there = ["--directory", directory.path()];
    succeeded(migrate(&database, &["up", there[0], there[1]]).await);
    let left = migrate(&database, &["down", there[0], there[1]]).await;
    failed(
        &left,
        2,
        "the migrations were taken back, and the schema is not what is recorded of them: unknown  table ashes",
    );
}

backends!(a_file_without_effect_on_the_schema_cannot_be_stamped);
async fn a_file_without_effect_on_the_schema_cannot_be_stamped(database: Database) {
    let directory = Directory::new();
    directory.write("9001_tidy.sql", "update cpu set notes = null where notes = '';");
    directory.write("9001_tidy.schema", "");
    let there = ["--directory", directory.path()];
    succeeded(migrate(&database, &["up", "--to", &newest(), there[0], there[1]]).await);
    failed(&migrate(&database, &["stamp", "9001", "--yes", there[0], there[1]]).await, 1, "changes no table");
}

#[tokio::test]
async fn words_that_rows_use_are_not_taken_back() {
    for backend in [Backend::Postgres, Backend::Sqlite] {
        let database = Database::prepared(backend);
        database.sql("insert into ram_spec (ddr_generation, total_capacity_gb, attributes_json) values ('ddr2', 4, '{}'), ('ddr2', 2, '{}')").await;
        let before = database.schema().await;
        let refused = migrate(&database, &["down", "--to", "7", "--yes"]).await;
        failed(&refused, 1, "are in the way. Nothing was changed");
        assert!(
            refused.stdout.contains("-- In the way of 0008: 2 row(s) of ram_spec have the generation ddr2\n"),
            "{refused:?}"
        );
        assert_eq!(database.schema().await, before);
        let plan = succeeded(migrate(&database, &["down", "--to", "7", "--dry-run"]).await);
        let (mending, _) = plan.split_once(&format!("-- {} ", newest())).expect("the script");
        database.sql(mending).await;
        succeeded(migrate(&database, &["down", "--to", "7", "--yes"]).await);
        assert_eq!(
            database
                .value("select cast(count(*) as text) from ram_spec where ddr_generation = 'unknown'")
                .await
                .as_deref(),
            Some("2")
        );
    }
}
