//! `partbook migrate up --rehearse`: everything happens to what a backup restores, and nothing to the database.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Directory, failed, migrate, states, succeeded, unasked};
use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Database, backends, partbook};

const ROWS: &str =
    "insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}'), ('Zen 2', 'AMD', '{}');
    insert into gpu (name, manufacturer, attributes_json) values ('Arc', 'Intel', '{}')";

/// Rehearses what is pending.
async fn rehearse(url: &str, backups: &TempDir, arguments: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["migrate", "up", "--rehearse"].iter().chain(arguments).copied().collect();
    let path = backups.path().join("backups");
    let call = partbook(&arguments).env("DATABASE_URL", url);
    call.env("PARTBOOK_BACKUP_DIR", path.to_str().expect("a path in UTF-8")).run().await
}

/// The same with JSON, and what it prints.
async fn report(database: &Database, backups: &TempDir, arguments: &[&str]) -> (Finished, Value) {
    let arguments: Vec<&str> = ["--json"].iter().chain(arguments).copied().collect();
    let finished = rehearse(&database.url(), backups, &arguments).await;
    let report = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    (finished, report)
}

/// Everything in a database: of a file every byte, else the hash of each table and of the definitions, the books included.
async fn everything(database: &Database) -> Vec<u8> {
    if let Some(path) = database.url().strip_prefix("sqlite://") {
        assert!(!fs::exists(format!("{path}-wal")).expect("a directory"), "the file alone is everything");
        return fs::read(path).expect("the file");
    }
    let directory = TempDir::new().expect("a temporary directory");
    let path = directory.path().to_str().expect("a path in UTF-8");
    let call = partbook(&["backup", "create", "--json", "--to", path]).env("DATABASE_URL", &database.url());
    let manifest: Value = serde_json::from_str(&succeeded(call.run().await)).expect("JSON");
    manifest["content"].to_string().into_bytes()
}

/// What became of taking each migration back.
fn ways_back(report: &Value) -> Vec<(i64, &str)> {
    let migrations = report["migrations"].as_array().expect("migrations").iter();
    let way =
        |it: &Value| (it["version"].as_i64().expect("a number"), it["back"]["result"].as_str().map(str::to_owned));
    let ways: Vec<_> = migrations.map(way).collect();
    let known = ["restored", "differs", "failed", "irreversible", "untried"];
    ways.into_iter()
        .map(|(version, way)| (version, *known.iter().find(|known| way.as_deref() == Some(**known)).expect("a way")))
        .collect()
}

fn temporary() -> TempDir {
    TempDir::with_prefix("partbook-test-").expect("a temporary directory")
}

backends!(what_is_pending_is_applied_and_taken_back_beside_the_database);
async fn what_is_pending_is_applied_and_taken_back_beside_the_database(backend: Backend) {
    let (database, backups) = (Database::create(backend), temporary());
    succeeded(migrate(&database, &["up", "--to", "4"]).await);
    database.sql(ROWS).await;
    let before = everything(&database).await;
    let (finished, report) = report(&database, &backups, &[]).await;
    assert!(finished.status.success(), "{finished:?}");
    assert!(everything(&database).await == before, "the database was changed");
    let pending = unasked().into_iter().filter(|version| *version > 4);
    assert_eq!(ways_back(&report), pending.map(|version| (version, "restored")).collect::<Vec<_>>(), "{report}");
    assert_eq!(report["before"]["tables"]["cpu"], 2);
    assert_eq!((&report["new_findings"], &report["error"]), (&json!([]), &Value::Null), "{report}");
    let columns = &report["migrations"][0];
    let locks = if backend == Backend::Sqlite { &["the file"][..] } else { &["cpu", "gpu", "listing"] };
    for table in locks {
        assert!(columns["locks"].as_array().expect("locks").iter().any(|lock| lock["table"] == *table), "{columns}");
    }
    let growth: i64 =
        report["migrations"].as_array().expect("an array").iter().filter_map(|it| it["growth"].as_i64()).sum();
    assert!(growth > 0, "{report}");
    // The backup is one like others, and all that is left.
    let path = backups.path().join("backups");
    let list =
        partbook(&["backup", "list"]).env("PARTBOOK_BACKUP_DIR", path.to_str().expect("a path in UTF-8")).run().await;
    let list = succeeded(list);
    assert!(list.contains("  verified  rehearsal of up to ") && list.lines().count() == 1, "{list}");
    let left = fs::read_dir(&path).expect("a directory").map(|entry| entry.expect("a file").file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
    // For people.
    let text = succeeded(rehearse(&database.url(), &backups, &[]).await);
    assert!(text.contains("0005  search text               applied  "), "{text}");
    assert!(text.contains("the schema is as before\n") && text.ends_with("check after: 0 finding(s)\n"), "{text}");
    succeeded(migrate(&database, &["up", "--yes", "--no-backup"]).await);
    assert!(succeeded(rehearse(&database.url(), &backups, &[]).await).ends_with(" is up to date\n"));
}

backends!(one_that_fails_is_told_as_up_would_and_entered_nowhere);
async fn one_that_fails_is_told_as_up_would_and_entered_nowhere(backend: Backend) {
    let (database, backups, directory) = (Database::prepared(backend), temporary(), Directory::new());
    database.sql(ROWS).await;
    directory.add_table("9001", "first", "");
    directory.write("9002_makers.sql", "create unique index makers on cpu (manufacturer);");
    directory.write("9002_makers.down.sql", "drop index makers;");
    let there = ["--directory", directory.path()];
    let before = everything(&database).await;
    let (finished, report) = report(&database, &backups, &there).await;
    failed(&finished, 1, "migration 9002: ");
    assert!(
        finished.stderr.contains("This was a rehearsal: ") && finished.stderr.trim_end().ends_with(" was not changed"),
        "{finished:?}"
    );
    assert_eq!(ways_back(&report), [(9001, "restored")]);
    assert!(everything(&database).await == before, "the database was changed");
    let states = states(&database, &there).await;
    let pending = |version| (version, "pending".to_owned());
    assert_eq!(states[states.len() - 2..], [pending(9001), pending(9002)]);
    let real = migrate(&database, &["up", "--yes", "--no-backup", there[0], there[1]]).await;
    let line = |finished: &Finished| finished.stderr.lines().last().unwrap_or_default().to_owned();
    assert!(line(&finished).starts_with(&line(&real)), "{finished:?}: {real:?}");
}

backends!(what_cannot_be_taken_back_is_said);
async fn what_cannot_be_taken_back_is_said(backend: Backend) {
    let (database, backups, directory) = (Database::prepared(backend), temporary(), Directory::new());
    directory.add_table("9001", "first", "");
    directory.add_table("9002", "second", "-- partbook: irreversible: rows were merged\n");
    directory.add_table("9003", "third", "");
    let there = ["--directory", directory.path()];
    let (finished, report) = report(&database, &backups, &there).await;
    assert!(finished.status.success(), "{finished:?}");
    assert_eq!(ways_back(&report), [(9001, "untried"), (9002, "irreversible"), (9003, "restored")]);
    let text = succeeded(rehearse(&database.url(), &backups, &there).await);
    assert!(text.contains("cannot be taken back: rows were merged\n"), "{text}");
}

backends!(a_way_back_that_leads_elsewhere_is_a_finding);
async fn a_way_back_that_leads_elsewhere_is_a_finding(backend: Backend) {
    let (database, backups, directory) = (Database::prepared(backend), temporary(), Directory::new());
    let there = ["--directory", directory.path()];
    directory.add_table("9001", "first", "");
    directory.write("9001_first.down.sql", "alter table first rename to second;");
    let (finished, differs) = report(&database, &backups, &there).await;
    failed(&finished, 1, "the rehearsal has 1 finding(s); ");
    assert_eq!(ways_back(&differs), [(9001, "differs")]);
    assert_eq!(differs["migrations"][0]["back"]["differences"], json!(["unknown  table second"]), "{differs}");
    directory.write("9001_first.down.sql", "drop table nowhere;");
    let (finished, fails) = report(&database, &backups, &there).await;
    failed(&finished, 1, "the rehearsal has 1 finding(s); ");
    assert_eq!(ways_back(&fails), [(9001, "failed")]);
    assert!(fails["migrations"][0]["back"]["reason"].as_str().is_some_and(|text| text.contains("nowhere")), "{fails}");
}

backends!(what_a_migration_makes_of_rows_is_looked_at);
async fn what_a_migration_makes_of_rows_is_looked_at(backend: Backend) {
    let (database, backups, directory) = (Database::prepared(backend), temporary(), Directory::new());
    database.sql(ROWS).await;
    database.sql("insert into listing (title, other_urls, condition) values ('old', '[]', 'mint')").await;
    directory.write(
        "9001_rows.sql",
        "delete from gpu; insert into listing (title, other_urls, condition) values ('x', '[]', 'bent');",
    );
    directory.write("9001_rows.down.sql", "delete from listing where condition = 'bent';");
    let (finished, report) = report(&database, &backups, &["--directory", directory.path()]).await;
    failed(&finished, 1, "the rehearsal has 2 finding(s); ");
    let told: Vec<_> =
        report["new_findings"].as_array().expect("an array").iter().map(|it| (&it["kind"], &it["table"])).collect();
    assert_eq!(told, [(&json!("unknown-word"), &json!("listing")), (&json!("shrunk"), &json!("gpu"))]);
    assert_eq!(report["before"]["findings"].as_array().map(Vec::len), Some(1), "{report}");
    // As it is told of one that only finds what was there before.
    directory.write("9001_rows.sql", "update listing set title = 'new';");
    assert!(rehearse(&database.url(), &backups, &["--directory", directory.path()]).await.status.success());
}

#[tokio::test]
async fn the_locks_are_those_that_are_held() {
    let (database, backups, directory) = (Database::prepared(Backend::Postgres), temporary(), Directory::new());
    database.sql("create table diary (id integer)").await;
    directory.write(
        "9001_all.sql",
        "create index ix_notes on cpu (notes); alter table gpu add column colour text; drop table diary;
         create table wish (profile_id integer references ports_profile); update profile set description = 'x';",
    );
    directory.write(
        "9002_beside.sql",
        "-- partbook: outside-transaction: no\ncreate index concurrently if not exists ix_beside on cpu (notes);",
    );
    directory.write("9002_beside.down.sql", "drop index concurrently if exists ix_beside;");
    let there = ["--directory", directory.path(), "--accept-drift", "it is only practice"];
    let (_, report) = report(&database, &backups, &there).await;
    let lock = |table: &str, lock: &str, waits: &str| json!({"table": table, "lock": lock, "waits": waits});
    let expected = json!([
        lock("cpu", "SHARE", "writers"),
        lock("diary", "ACCESS EXCLUSIVE", "everybody"),
        lock("gpu", "ACCESS EXCLUSIVE", "everybody"),
        lock("ports_profile", "SHARE ROW EXCLUSIVE", "writers"),
        lock("profile", "ROW EXCLUSIVE", "nobody"),
    ]);
    assert_eq!(report["migrations"][0]["locks"], expected, "{report}");
    assert_eq!(report["migrations"][1]["locks"], Value::Null, "{report}");
    assert_eq!(ways_back(&report), [(9001, "irreversible"), (9002, "restored")]);
}

#[tokio::test]
async fn another_server_is_the_stage_where_the_role_may_create_none() {
    let (database, backups) = (Database::create(Backend::Postgres), temporary());
    // A catalog in a schema that is not on the path of the other server.
    database.sql("create schema shop").await;
    let restricted = database.restricted_url().await;
    let role = format!("{}_restricted", database.value("select current_database()").await.expect("a name"));
    let url = |url: &str| format!("{url}?options=-csearch_path%3Dshop");
    let up = partbook(&["migrate", "up", "--to", "8"]).env("DATABASE_URL", &url(&database.url())).run().await;
    succeeded(up);
    database
        .sql(&format!(
            "grant usage on schema shop, shop_partbook to {role};
             grant select on all tables in schema shop, shop_partbook to {role};
             grant select on all sequences in schema shop, shop_partbook to {role}"
        ))
        .await;
    let here = rehearse(&url(&restricted), &backups, &[]).await;
    failed(&here, 2, "nothing was rehearsed: the role may not create a database");
    let path = backups.path().join("backups");
    let there = partbook(&["migrate", "up", "--rehearse", "--json"])
        .env("DATABASE_URL", &url(&restricted))
        .env("PARTBOOK_BACKUP_DIR", path.to_str().expect("a path in UTF-8"))
        .env("PARTBOOK_BACKUP_VERIFY_URL", &database.url());
    let report: Value = serde_json::from_str(&succeeded(there.run().await)).expect("JSON");
    assert_eq!(ways_back(&report)[..1], [(9, "restored")], "{report}");
}

#[tokio::test]
async fn what_up_would_refuse_is_refused_before_a_backup_is_made() {
    let (database, backups) = (Database::create(Backend::Sqlite), temporary());
    failed(&rehearse("sqlite://nowhere.db", &backups, &[]).await, 2, "does not exist yet");
    succeeded(migrate(&database, &["up", "--to", "2"]).await);
    let spec = "('ddr5', 32, '{}')";
    database
        .sql(&format!(
            "insert into ram_spec (ddr_generation, total_capacity_gb, attributes_json) values {spec}, {spec}"
        ))
        .await;
    let hindered = rehearse(&database.url(), &backups, &[]).await;
    failed(&hindered, 1, "in the way. Nothing was changed");
    assert!(hindered.stdout.contains("update listing set ram_spec_id"), "{hindered:?}");
    let legacy = Database::legacy_with_rows();
    failed(&rehearse(&legacy.url(), &backups, &[]).await, 1, "legacy");
    assert!(!backups.path().join("backups").exists());
    for arguments in [&["--no-backup"][..], &["--dry-run"], &["--from", "1", "--to", "2"]] {
        assert_eq!(rehearse(&database.url(), &backups, arguments).await.status.code(), Some(2), "{arguments:?}");
    }
    assert_eq!(migrate(&database, &["up", "--json"]).await.status.code(), Some(2));
}
