//! `/health`, `/livez` and `/readyz` (the contract, section 8).

use serde_json::json;

use crate::support::{Backend, Method, Service, backends};

backends!(a_service_with_its_database_is_healthy);
async fn a_service_with_its_database_is_healthy(backend: Backend) {
    let service = Service::options().env("PARTBOOK_ENVIRONMENT", "rehearsal").start(backend).await;
    let health = service.get("/health").await.expect(200).json();
    assert_eq!(
        health,
        json!({
            "status": "ok",
            "environment": "rehearsal",
            "version": env!("CARGO_PKG_VERSION"),
            "database": "ok",
        })
    );
    service.get("/livez").await.expect(200);
    service.get("/readyz").await.expect(200);
}

backends!(head_answers_as_get_without_a_body);
async fn head_answers_as_get_without_a_body(service: Service) {
    for path in ["/health", "/livez", "/readyz"] {
        let answer = service.request(Method::HEAD, path).send().await.expect(200);
        assert!(answer.body.is_empty());
    }
}

backends!(a_service_asked_to_end_ends_well);
async fn a_service_asked_to_end_ends_well(service: Service) {
    service.get("/health").await.expect(200);
    assert!(service.stop().await.success());
}
