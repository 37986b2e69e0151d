//! `/health`, `/livez` and `/readyz` (contract section 8). What they say without a database is in [`crate::outage`].

use serde_json::json;

use partbook_test_support::{Backend, Database, Method, Service, backends};

const PATHS: [&str; 3] = ["/health", "/livez", "/readyz"];

backends!(a_service_with_its_database_is_healthy);
async fn a_service_with_its_database_is_healthy(backend: Backend) {
    let service = Service::options().environment("rehearsal").start(backend).await;
    let health = service.get("/health").await.expect(200).json();
    assert_eq!(
        health,
        json!({
            "status": "ok",
            "environment": "rehearsal",
            "version": env!("CARGO_PKG_VERSION"),
            "commit": "of the tests",
            "database": "ok",
        })
    );
    service.get("/livez").await.expect(200);
    service.get("/readyz").await.expect(200);
}

backends!(the_environment_is_development_unless_told: Sqlite);
async fn the_environment_is_development_unless_told(service: Service) {
    assert_eq!(service.get("/health").await.json()["environment"], "development");
}

backends!(head_answers_as_get_without_a_body);
async fn head_answers_as_get_without_a_body(service: Service) {
    for path in PATHS {
        let answer = service.request(Method::HEAD, path).send().await.expect(200);
        assert!(answer.body.is_empty());
    }
}

backends!(they_are_asked_and_never_told: Sqlite);
async fn they_are_asked_and_never_told(service: Service) {
    for path in PATHS {
        let refused = service.post(path, &json!({})).await;
        assert!(refused.header("allow").is_some_and(|allow| allow.contains("GET")));
        refused.problem(405);
        service.get(&format!("{path}/")).await.expect(200);
    }
}

backends!(an_answer_about_health_is_never_kept: Sqlite);
async fn an_answer_about_health_is_never_kept(service: Service) {
    for path in PATHS {
        let answer = service.get(path).await.expect(200);
        let control = answer.header("cache-control");
        assert!(
            control.is_none_or(|control| control.contains("no-store") || control.contains("no-cache")),
            "{control:?}"
        );
        assert_eq!(answer.header("etag"), None);
    }
}

backends!(a_table_that_is_gone_is_not_ready: Sqlite, Postgres, Legacy);
async fn a_table_that_is_gone_is_not_ready(service: Service) {
    service.sql("alter table listing_component rename to listing_component_gone").await;
    service.get("/readyz").await.expect(503);
    service.get("/livez").await.expect(200);
    service.sql("alter table listing_component_gone rename to listing_component").await;
    service.get("/readyz").await.expect(200);
}

backends!(a_role_that_has_lost_a_right_is_unready: Postgres, Legacy);
async fn a_role_that_has_lost_a_right_is_unready(backend: Backend) {
    let database = Database::prepared(backend);
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    let service = Service::options().url(&url).start_on(&database).await;
    database.sql(&format!("revoke select on listing from {role}")).await;
    let unready = service.get("/readyz").await.expect(503).json();
    assert_eq!(unready, json!({"status": "unready", "reason": "right missing"}));
    database.sql(&format!("grant select on listing to {role}")).await;
    service.get("/readyz").await.expect(200);
}
