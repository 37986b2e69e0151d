//! `GET /v1/fields-data/entities`.

use serde_json::{Value, json};

use partbook_test_support::contract::entities;
use partbook_test_support::{Method, Service, backends};

const PATH: &str = "/v1/fields-data/entities";

backends!(every_entity_is_named_in_the_order_of_the_contract);
async fn every_entity_is_named_in_the_order_of_the_contract(service: Service) {
    let expected: Vec<Value> = entities()
        .iter()
        .map(|entity| {
            json!({
                "entity": entity.name,
                "label": entity.plural,
                "primary_key": "id",
                "supports_custom_fields": if entity.name == "profile" { "false" } else { "true" },
            })
        })
        .collect();
    assert_eq!(service.get(PATH).await.expect(200).json(), json!({"entities": expected}));
    assert_eq!(service.get(&format!("{PATH}/")).await.expect(200).json(), json!({"entities": expected}));
    assert!(service.request(Method::HEAD, PATH).send().await.expect(200).body.is_empty());
}

backends!(nothing_else_is_there: Sqlite);
async fn nothing_else_is_there(service: Service) {
    service.post(PATH, &json!({})).await.problem(405);
    for path in ["/v1/fields-data", "/v1/fields-data/cpu", "/v1/fields-data/cpu/warp", "/v1/fields-data/entities/cpu"] {
        service.get(path).await.problem(404);
    }
}
