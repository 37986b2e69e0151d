//! One request after the other.

use serde_json::json;

use super::post;
use partbook_test_support::contract::CPU;
use partbook_test_support::{Service, backends};

backends!(a_request_is_over_when_its_answer_is_there);
async fn a_request_is_over_when_its_answer_is_there(service: Service) {
    let body = json!({"name": "Zen", "manufacturer": "AMD"});
    for _ in 0..100 {
        post(&service, CPU.path, "key", &body).await.expect(201);
        post(&service, CPU.path, "key", &json!({"name": "Another", "manufacturer": "AMD"})).await.problem(422);
    }
}
