//! Custom fields where the table is not ours: a legacy database, one without the table, a role without rights.

use serde_json::json;

use super::{FIELDS, at, field, listed, used};
use partbook_test_support::contract::{CPU, GPU};
use partbook_test_support::{Backend, Database, Service, backends};

#[tokio::test]
async fn fields_of_a_legacy_database_are_shown_and_edited() {
    let service = Service::legacy_with_rows().await;
    let all = service.get(&format!("{FIELDS}?include_inactive=1&include_deleted=1")).await.expect(200).json();
    assert_eq!(all["fields"].as_array().map(Vec::len), Some(6));
    assert_eq!(listed(&service, "").await, ["tier", "stepping", "color", "stray"]);
    for field in all["fields"].as_array().expect("an array") {
        let saved = service.patch(&at(field), field).await.expect(200).json();
        assert_eq!(saved, *field, "a save of nothing new changes nothing");
        service.patch(&at(field), &json!({"description": "Edited"})).await.expect(200);
    }
    used(&service).await;
}

backends!(without_the_table_there_are_none: Sqlite, Postgres, Legacy);
async fn without_the_table_there_are_none(backend: Backend) {
    let database = Database::prepared(backend);
    for change in ["alter table custom_field_definition drop column created_by", "drop table custom_field_definition"] {
        database.sql(change).await;
        let service = Service::options().start_on(&database).await;
        assert_eq!(service.get(&format!("{FIELDS}?include_deleted=1")).await.expect(200).json(), json!({"fields": []}));
        assert_eq!(service.get(&format!("{FIELDS}/usage")).await.expect(200).json(), json!({"usage": []}));
        service.get("/v1/fields-data/cpu/schema").await.expect(200);
        service.get(&format!("{FIELDS}/1")).await.problem(404);
        service.get("/readyz").await.expect(200);
        let body = field(&CPU, "tier");
        for answer in [
            service.post(FIELDS, &body).await,
            service.patch(&format!("{FIELDS}/1"), &body).await,
            service.delete(&format!("{FIELDS}/1")).await,
        ] {
            assert!(answer.problem(503).detail.contains("custom_field_definition"));
        }
        service.stop().await;
    }
}

#[tokio::test]
async fn a_role_that_may_not_write_them_is_told_the_table() {
    let database = Database::legacy_with_rows();
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("revoke insert, update, delete on custom_field_definition from {role}")).await;
    let service = Service::options().url(&url).start_on(&database).await;
    assert!(!listed(&service, "").await.is_empty());
    for answer in [
        service.post(FIELDS, &field(&GPU, "tier")).await,
        service.patch(&format!("{FIELDS}/1"), &json!({"label": "x"})).await,
        service.delete(&format!("{FIELDS}/1")).await,
    ] {
        assert!(answer.header("retry-after").is_some());
        let problem = answer.problem(503);
        assert!(
            problem.detail.contains("no right") && problem.detail.contains("custom_field_definition"),
            "{}",
            problem.detail
        );
    }
}
