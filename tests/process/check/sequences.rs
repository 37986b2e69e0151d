//! Ids that would be given twice.

use super::{check, check_as, findings, found, heal, sound};
use partbook_test_support::{Backend, Database, backends};
use serde_json::Value;

backends!(a_sequence_that_is_behind_is_moved: Sqlite, Postgres, Legacy);
async fn a_sequence_that_is_behind_is_moved(backend: Backend) {
    let database = Database::prepared(backend);
    let row = |columns: &str, id: &str, name: &str| {
        format!("insert into gpu ({columns}name, manufacturer, attributes_json) values ({id}'{name}', 'AMD', '{{}}')")
    };
    database.sql(&row("", "", "first")).await;
    sound(&database).await;
    database.sql(&row("id, ", "50, ", "loaded")).await;
    if backend == Backend::Sqlite {
        database.sql("update sqlite_sequence set seq = 1 where name = 'gpu'").await;
    }
    let before = findings(&database).await;
    assert_eq!(before.len(), 1, "{before:?}");
    heal(&database, found(&before, "sequence", "gpu.id", 1, &["50"])).await;
    sound(&database).await;
    database.sql(&row("", "", "next")).await;
    assert_eq!(database.value("select cast(max(id) as text) from gpu").await.as_deref(), Some("51"));
    // As one that was never used.
    if backend == Backend::Sqlite {
        database.sql("delete from sqlite_sequence where name = 'gpu'").await;
    } else {
        database.sql("select setval('gpu_id_seq', 1, false)").await;
    }
    heal(&database, found(&findings(&database).await, "sequence", "gpu.id", 1, &["51"])).await;
    sound(&database).await;
}

#[tokio::test]
async fn any_column_that_draws_from_a_sequence_is_looked_at() {
    let database = Database::prepared(Backend::Postgres);
    database
        .sql(
            "create table diary (\"No\" integer generated always as identity primary key);
             insert into diary overriding system value values (7);
             create sequence ticket_number; create table ticket (number bigint default nextval('ticket_number'));
             insert into ticket values (3); insert into ticket default values;
             create sequence later start 100 increment 10; create table late (number bigint default nextval('later'));
             insert into late values (99)",
        )
        .await;
    let findings = findings(&database).await;
    assert_eq!(findings.len(), 2, "{findings:?}");
    found(&findings[..1], "sequence", "diary.No", 1, &["7"]);
    found(&findings[1..], "sequence", "ticket.number", 1, &["3"]);
    for finding in &findings {
        heal(&database, finding).await;
    }
    sound(&database).await;
}

/// Of a sequence that the role may only draw from, only the last value is told.
#[tokio::test]
async fn a_sequence_that_may_not_be_read_is_said_to_be_unseen() {
    let database = Database::prepared(Backend::Postgres);
    let restricted = database.restricted_url().await;
    database.sql("insert into gpu (id, name, manufacturer) values (1, 'one', 'AMD'), (2, 'two', 'AMD')").await;
    let report = async || {
        let finished = check_as(&restricted, &["--json"]).await;
        serde_json::from_str::<Value>(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"))
    };
    database.sql("select setval('gpu_id_seq', 1, false)").await;
    let unseen = report().await;
    assert_eq!(unseen["findings"], serde_json::json!([]), "{unseen}");
    assert!(
        unseen["unseen"][0].as_str().is_some_and(|text| text.contains("grant select on sequence public.gpu_id_seq")),
        "{unseen}"
    );
    database.sql("select setval('gpu_id_seq', 1)").await;
    let seen = report().await;
    found(seen["findings"].as_array().expect("an array"), "sequence", "gpu.id", 1, &["2"]);
    assert_eq!(seen["unseen"], serde_json::json!([]), "{seen}");
    assert_eq!(check(&database, &[]).await.status.code(), Some(1));
}
