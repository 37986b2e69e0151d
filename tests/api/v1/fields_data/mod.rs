//! `/v1/fields-data`: what the Global Fields screen shows (contract section 5).

mod entities;
mod records;
mod schema;

use serde_json::Value;

use partbook_test_support::Service;
use partbook_test_support::contract::Entity;

fn schema_path(entity: &Entity) -> String {
    format!("/v1/fields-data/{}/schema", entity.name)
}

fn records_path(entity: &Entity) -> String {
    format!("/v1/fields-data/{}/records", entity.name)
}

/// The fields of an entity's schema.
async fn fields(service: &Service, entity: &Entity) -> Vec<Value> {
    let schema = service.get(&schema_path(entity)).await.expect(200).json();
    schema["fields"].as_array().expect("an array").clone()
}
