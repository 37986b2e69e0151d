//! `partbook migrate`: up, down, status.

use serde_json::{Value, json};

use super::{failed, path_of, refused, vacant};
use crate::migrate::{unasked, without};
use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Database, Server, backends, partbook};

async fn migrate(verb: &str, database: &Database) -> Finished {
    migrate_with(&[verb], database).await
}

async fn migrate_with(arguments: &[&str], database: &Database) -> Finished {
    let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).copied().collect();
    partbook(&arguments).env("DATABASE_URL", &database.url()).run().await
}

backends!(up_makes_what_serve_would_make);
async fn up_makes_what_serve_would_make(backend: Backend) {
    let (by_hand, by_itself) = (Database::create(backend), Database::create(backend));
    let finished = migrate("up", &by_hand).await;
    assert!(finished.status.success(), "{finished:?}");
    assert!(!finished.stdout.trim().is_empty(), "what was done is said");
    Server::options().start_on(&by_itself).await.stop().await;
    assert_eq!(by_hand.schema().await, by_itself.schema().await);
    // Again: nothing to do, and no fault.
    let before = by_hand.schema().await;
    assert!(migrate("up", &by_hand).await.status.success());
    assert_eq!(by_hand.schema().await, before);
    Server::options().start_on(&by_hand).await.get("/v1/catalog/cpus").await.expect(200);
}

backends!(status_says_what_is_pending_and_changes_nothing);
async fn status_says_what_is_pending_and_changes_nothing(backend: Backend) {
    let database = Database::create(backend);
    let before = database.schema().await;
    let pending = migrate("status", &database).await;
    assert_eq!(database.schema().await, before);
    assert!(failed(&pending, 1).contains("pending; `partbook migrate up`"), "{pending:?}");
    assert!(pending.stdout.contains("pending"), "{pending:?}");
    assert!(migrate("up", &database).await.status.success());
    let before = database.schema().await;
    let applied = migrate("status", &database).await;
    assert!(applied.status.success() && !applied.stdout.contains("pending"), "{applied:?}");
    assert_eq!(applied.stdout.lines().count(), pending.stdout.lines().count());
    let json = migrate_with(&["status", "--json"], &database).await;
    let json: Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["pending"], 0);
    let migrations = json["migrations"].as_array().expect("an array");
    let mut applied = migrations.iter().filter(|it| it["state"] == "applied");
    assert!(migrations.iter().all(|it| it["state"] == "applied" || it["state"] == "available"), "{json}");
    assert_eq!(json["version"], applied.next_back().expect("one")["version"]);
    assert_eq!(database.schema().await, before);
}

backends!(down_takes_back_what_up_did);
async fn down_takes_back_what_up_did(database: Database) {
    assert!(migrate("up", &database).await.status.success());
    let whole = database.schema().await;
    // One after the other, and up again from each.
    for version in unasked().into_iter().rev().skip(1) {
        let done = migrate("down", &database).await;
        assert!(done.status.success() && done.stdout.contains("taken back"), "{done:?}");
        let to = version.to_string();
        let before = database.schema().await;
        assert!(migrate("up", &database).await.status.success());
        assert_eq!(database.schema().await, whole, "from {version} to the newest");
        assert!(migrate_with(&["down", "--to", &to], &database).await.status.success());
        assert_eq!(database.schema().await, before, "back to {version}");
    }
    assert!(migrate("down", &database).await.status.success());
    let tables = if database.url().starts_with("sqlite") {
        "select name from sqlite_schema where name not like 'sqlite%' and tbl_name not like 'partbook!_%' escape '!'"
    } else {
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace"
    };
    assert_eq!(database.rows(tables).await, [[]; 0]);
    let of_ours = if database.url().starts_with("sqlite") {
        "select substr(name, 10) from sqlite_schema where type = 'table' and name like 'partbook!_%' escape '!' order by 1"
    } else {
        "select relname::text from pg_class where relnamespace = 'partbook'::regnamespace and relkind = 'r' order by 1"
    };
    let books = ["migration", "migration_run"].map(|name| [Some(name.to_owned())]);
    assert_eq!(database.rows(of_ours).await, books, "the books alone are left");
    // Nothing is left to take back.
    let done = migrate("down", &database).await;
    assert!(done.status.success() && done.stdout.contains("no later migration"), "{done:?}");
}

backends!(rows_survive_every_step_there_and_back);
async fn rows_survive_every_step_there_and_back(database: Database) {
    assert!(migrate_with(&["up", "1"], &database).await.status.success());
    database
        .sql(
            "insert into cpu (id, name, manufacturer, attributes_json) values (1, ' Zen  4 ', 'AMD', '{\"a\": [1, 2]}');
             insert into ram_spec (id, ddr_generation, total_capacity_gb, attributes_json) values (1, 'ddr5', 32, '{}');
             insert into storage_profile (id, medium, capacity_gb, attributes_json) values (1, 'nvme', 1000, '{}');
             insert into ports_profile (id, name, attributes_json) values (1, 'Ports', '{}');
             insert into port (id, ports_profile_id, type, count) values (1, 1, 'usb_a', 2)",
        )
        .await;
    let rows = async || {
        let mut all = Vec::new();
        for columns in [
            "name, attributes_json from cpu",
            "ddr_generation, total_capacity_gb from ram_spec",
            "medium, capacity_gb from storage_profile",
            "name from ports_profile",
            "type, count from port",
        ] {
            all.push(database.rows(&format!("select {columns} order by id")).await);
        }
        all
    };
    let before = rows().await;
    let step = async |verb: &str| migrate_with(&[verb, "1", "--yes", "--no-backup"], &database).await;
    loop {
        let done = step("up").await;
        assert!(done.status.success(), "{done:?}");
        if done.stdout.contains("is up to date") {
            break;
        }
        assert_eq!(rows().await, before, "{done:?}");
        for verb in ["down", "up"] {
            let done = step(verb).await;
            assert!(done.status.success(), "{done:?}");
            assert_eq!(rows().await, before, "{done:?}");
        }
    }
}

backends!(rows_are_not_put_at_risk_unasked);
async fn rows_are_not_put_at_risk_unasked(database: Database) {
    assert!(migrate_with(&["up", "1"], &database).await.status.success());
    database.sql("insert into cpu (name, manufacturer) values ('Zen', 'AMD')").await;
    let before = database.schema().await;
    for (arguments, says) in [
        (&["up"][..], "--yes says so"),
        (&["down"], "--name "),
        (&["down", "--to", "0", "--yes"], "--name "),
        (&["down", "--name", "another"], "`another` is not "),
    ] {
        let finished = migrate_with(arguments, &database).await;
        let status = if says.starts_with("`another`") { 1 } else { 2 };
        assert!(refused(&finished, status).contains(says), "{finished:?}");
        assert_eq!(database.schema().await, before, "{arguments:?}");
    }
    // With its rows it goes up and down.
    assert!(migrate_with(&["up", "--yes"], &database).await.status.success());
    let finished = migrate_with(&["down", "--to", "1"], &database).await;
    assert!(refused(&finished, 2).contains("--yes says so"), "{finished:?}");
    assert!(migrate_with(&["down", "--to", "1", "--yes"], &database).await.status.success());
    assert_eq!(database.schema().await, before);
    assert_eq!(database.value("select name from cpu").await.as_deref(), Some("Zen"));
    let url = database.url();
    let name = url.rsplit('/').next().expect("a name");
    assert!(migrate_with(&["down", "--name", name], &database).await.status.success());
    assert!(!database.schema().await.contains("manufacturer"));
}

backends!(a_dry_run_prints_and_writes_nothing);
async fn a_dry_run_prints_and_writes_nothing(database: Database) {
    let before = database.schema().await;
    let all = migrate_with(&["up", "--dry-run", "--yes"], &database).await;
    assert!(all.status.success() && all.stdout.contains("create table cpu"), "{all:?}");
    let first = migrate_with(&["up", "1", "--dry-run"], &database).await;
    let (statements, plan) = first.stdout.split_once("-- Plan:\n").expect("a plan");
    assert!(all.stdout.len() > first.stdout.len() && all.stdout.starts_with(statements.trim_end()), "{first:?}");
    assert!(plan.contains("--   0001 up: ") && plan.contains("can be taken back"), "{plan}");
    assert_eq!(database.schema().await, before);
    assert!(migrate("up", &database).await.status.success());
    let before = database.schema().await;
    let none = migrate_with(&["up", "--dry-run"], &database).await;
    assert!(none.stdout.starts_with("-- Nothing would be executed"), "{none:?}");
    let down = migrate_with(&["down", "--to", "0", "--dry-run"], &database).await;
    assert!(down.status.success() && down.stdout.contains("drop table cpu;"), "{down:?}");
    assert_eq!(database.schema().await, before);
}

#[tokio::test]
async fn the_way_between_two_versions_needs_no_database() {
    for (url, only_there) in
        [("sqlite:///nowhere/at/all.db", "autoincrement"), ("postgres://u@127.0.0.1:1/d", "serial")]
    {
        let between = async |verb: &str, from: &str, to: &str| {
            partbook(&["migrate", verb, "--dry-run", "--from", from, "--to", to]).env("DATABASE_URL", url).run().await
        };
        let up = between("up", "0", "1").await;
        assert!(up.stdout.starts_with("-- 0001 catalog: up") && up.stdout.contains(only_there), "{up:?}");
        let down = between("down", "2", "0").await;
        let order: Vec<_> = down.stdout.lines().filter(|line| line.starts_with("-- 000")).collect();
        assert_eq!(order, ["-- 0002 lookup indexes: down", "-- 0001 catalog: down"]);
        let unknown = between("up", "1", "4711").await;
        assert!(refused(&unknown, 1).contains("no migration 4711"), "{unknown:?}");
    }
}

#[tokio::test]
async fn status_creates_no_file() {
    let (_directory, path) = vacant();
    let finished = partbook(&["migrate", "status"]).env("DATABASE_URL", &format!("sqlite://{path}")).run().await;
    assert!(!std::path::Path::new(&path).exists(), "{finished:?}");
    let database = Database::create(Backend::Sqlite);
    assert!(migrate("up", &database).await.status.success());
    assert!(std::path::Path::new(&path_of(&database)).exists());
}

#[tokio::test]
async fn a_legacy_database_is_never_migrated() {
    let database = Database::legacy_with_rows();
    let before = database.schema().await;
    for (verb, code) in [("up", 1), ("down", 1), ("status", 2)] {
        let finished = migrate(verb, &database).await;
        assert!(refused(&finished, code).contains("legacy"), "{finished:?}");
        assert_eq!(database.schema().await, before);
    }
}

#[tokio::test]
async fn a_new_migration_is_found_unfinished() {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let path = directory.path().to_str().expect("a path in UTF-8");
    for database in ["postgres", "sqlite"] {
        std::fs::create_dir(directory.path().join(database)).expect("a folder");
    }
    std::fs::write(directory.path().join("released.txt"), "").expect("a file");
    let run = async |arguments: &[&str]| {
        let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).chain(&["--directory", path]).copied().collect();
        partbook(&arguments).run().await
    };
    let written = run(&["new", "board_partners"]).await;
    assert!(written.status.success() && written.stdout.contains("sqlite/0001_board_partners.down.sql"), "{written:?}");
    let found = run(&["lint"]).await;
    let text = failed(&found, 1);
    assert!(
        text.starts_with("partbook: 2 finding(s)") && found.stdout.contains("0001_board_partners.sql:1: empty"),
        "{found:?}"
    );
    for database in ["postgres", "sqlite"] {
        let fill = |ending: &str, sql: &str| {
            let file = directory.path().join(database).join(format!("0001_board_partners.{ending}"));
            std::fs::write(&file, sql).expect("a file");
        };
        fill("sql", "create table partner (id integer primary key);");
        fill("down.sql", "drop table partner;");
        fill("schema", "+ table partner\n+ column partner.id integer\n");
    }
    assert!(run(&["lint"]).await.status.success());
    let second = run(&["new", "partner_names"]).await;
    assert!(second.stdout.contains("postgres/0002_partner_names.sql"), "{second:?}");
    for (arguments, code) in [(&["new", "Partner names"][..], 2), (&["lint", "elsewhere.sql"], 2)] {
        refused(&run(arguments).await, code);
    }
}

#[tokio::test]
async fn our_own_migrations_have_no_findings() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let finished = partbook(&["migrate", "lint", "--directory", directory]).run().await;
    assert!(finished.status.success() && finished.stdout.is_empty(), "{finished:?}");
}

#[tokio::test]
async fn a_schema_with_a_long_name_keeps_its_history() {
    let database = Database::create(Backend::Postgres);
    for schema in ["s".repeat(54), "s".repeat(55), format!("{}a", "s".repeat(62)), format!("{}b", "s".repeat(62))] {
        database.sql(&format!("create schema {schema}")).await;
        let url = format!("{}?options=-csearch_path%3D{schema}", database.url());
        let run = async |verb: &str| partbook(&["migrate", verb]).env("DATABASE_URL", &url).run().await;
        assert!(run("up").await.status.success());
        let status = run("status").await;
        assert!(status.status.success(), "{schema}: {status:?}");
        assert!(run("drift").await.status.success(), "{schema}");
    }
}

backends!(definitions_of_fields_are_rows_too);
async fn definitions_of_fields_are_rows_too(database: Database) {
    let service = Server::options().start_on(&database).await;
    service.created("/v1/fields", &json!({"entity": "cpu", "key": "colour", "label": "Colour"})).await;
    assert!(service.stop().await.success());
    let finished = migrate_with(&["down", "--to", "5"], &database).await;
    assert!(refused(&finished, 2).contains("--yes says so"), "{finished:?}");
}

backends!(a_service_sees_that_its_schema_was_taken_back);
async fn a_service_sees_that_its_schema_was_taken_back(database: Database) {
    let service = Server::options().start_on(&database).await;
    service.get("/readyz").await.expect(200);
    // The answers that it keeps are elsewhere then.
    without(&database, 9..=9).await;
    assert!(service.get("/readyz").await.expect(503).text().contains("schema changed"));
    service.logged(&database.own("idempotency_key")).await;
    assert!(service.stop().await.success());
    let service = Server::options().env("PARTBOOK_NO_MIGRATE", "true").start_on(&database).await;
    service.get("/readyz").await.expect(200);
    for (version, reason) in [(8, None), (6, Some("schema changed")), (5, Some("schema changed"))] {
        without(&database, version..=9).await;
        let ready = service.get("/readyz").await;
        match reason {
            None => assert_eq!(ready.status, 200),
            Some(reason) => assert!(ready.expect(503).text().contains(reason), "without {version}"),
        }
        if version == 8 {
            // A word that the schema has no more is no fault of the service.
            let spec = json!({"ddr_generation": "sdram", "total_capacity_gb": 1});
            service.post("/v1/catalog/ram-specs", &spec).await.problem(422);
        }
    }
}

backends!(a_version_that_there_is_none_of_is_refused);
async fn a_version_that_there_is_none_of_is_refused(database: Database) {
    assert!(migrate_with(&["up", "1"], &database).await.status.success());
    let before = database.schema().await;
    for verb in ["up", "down"] {
        let finished = migrate_with(&[verb, "--to", "4711"], &database).await;
        assert!(refused(&finished, 1).contains("no migration 4711"), "{finished:?}");
    }
    assert_eq!(database.schema().await, before);
}
