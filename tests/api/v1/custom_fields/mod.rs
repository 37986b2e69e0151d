//! `/v1/fields`: the definitions of custom fields (contract section 5).

mod databases;
mod definitions;
mod refusals;
mod usage;

use serde_json::{Value, json};

use partbook_test_support::Service;
use partbook_test_support::contract::Entity;

const FIELDS: &str = "/v1/fields";

fn field(entity: &Entity, key: &str) -> Value {
    json!({"entity": entity.name, "key": key, "label": "A label"})
}

fn at(field: &Value) -> String {
    format!("{FIELDS}/{}", field["id"])
}

async fn listed(service: &Service, query: &str) -> Vec<String> {
    let answer = service.get(&format!("{FIELDS}{query}")).await.expect(200).json();
    let fields = answer["fields"].as_array().expect("an array").clone();
    fields.iter().map(|field| field["key"].as_str().expect("a key").to_owned()).collect()
}

async fn used(service: &Service) -> Vec<(String, i64)> {
    let answer = service.get(&format!("{FIELDS}/usage")).await.expect(200).json();
    let usage = answer["usage"].as_array().expect("an array").iter();
    usage
        .map(|field| (field["key"].as_str().expect("a key").to_owned(), field["total"].as_i64().expect("a number")))
        .collect()
}
