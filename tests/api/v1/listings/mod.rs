//! `/v1/listings`: machines on offer, which use the parts (contract section 4).

mod answers;
mod fields;
mod lists;
mod references;
mod updates;

use serde_json::{Map, Value, json};

use partbook_test_support::Service;
use partbook_test_support::contract::{Kind, LISTING, entities};

/// A row of every entity that a listing can use, under the field that uses it.
pub(super) async fn parts(service: &Service) -> Map<String, Value> {
    let mut references = Map::new();
    for (number, limit) in (1..).zip(LISTING.limits()) {
        let Kind::Reference(name) = limit.kind else { continue };
        let entity = entities().into_iter().find(|entity| entity.name == name).expect("an entity of the contract");
        let row = service.created(entity.path, &(entity.full)(number)).await;
        references.insert(limit.field.to_owned(), row["id"].clone());
    }
    references
}

/// A full body that uses every one of `parts`.
fn full_with(parts: &Map<String, Value>) -> Value {
    let mut body = (LISTING.full)(1);
    body.as_object_mut().expect("an object").extend(parts.clone());
    body
}

/// A minimal body with one more member.
fn with(field: &str, value: &Value) -> Value {
    let mut body = (LISTING.minimal)(1);
    body[field] = value.clone();
    body
}

/// Creates a listing with nothing but a title and a price.
async fn minimal(service: &Service) -> Value {
    service.created(LISTING.path, &json!({"title": "Mini PC", "price_usd": 100})).await
}
