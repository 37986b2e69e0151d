//! Whom a change is signed with.

use serde_json::{Value, json};

use super::{guarded, with_token};
use partbook_test_support::{Anonymous, Backend, Method, backends};

backends!(a_custom_field_says_who_made_it);
async fn a_custom_field_says_who_made_it(backend: Backend) {
    let service = guarded(backend, Anonymous::Write).await;
    let body = |key: &str| json!({ "entity": "cpu", "key": key, "label": "A label" });
    let named = with_token(&service, "writer", Method::POST, "/v1/fields").json(&body("one")).send().await;
    assert_eq!(named.expect(201).json()["created_by"], "writer");
    // What the client says goes before.
    let said = with_token(&service, "writer", Method::POST, "/v1/fields?actor=ann").json(&body("two")).send().await;
    assert_eq!(said.expect(201).json()["created_by"], "ann");
    let nobody = service.created("/v1/fields", &body("three")).await;
    assert_eq!(nobody["created_by"], Value::Null);
}
