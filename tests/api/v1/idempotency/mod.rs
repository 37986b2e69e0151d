//! `Idempotency-Key`: a POST that is sent again gets the first answer, and nothing is done twice
//! (docs/api/concurrency.md, "Sending a request again").

mod answers;
mod kept;
mod keys;
mod legacy;
mod overlap;
mod refusals;
mod sequence;
mod size;

use serde_json::{Value, json};

use partbook_test_support::contract::{Entity, entities};
use partbook_test_support::{Answer, Method, Request, Service};

const KEY: &str = "Idempotency-Key";

/// A POST with a key. The id of the request is always the same, since problems show it.
fn keyed(service: &Service, path: &str, key: &str, body: &str) -> Request {
    service.request(Method::POST, path).header(KEY, key).header("X-Request-ID", "same").body_text(body)
}

/// Sends one.
async fn post(service: &Service, path: &str, key: &str, body: &Value) -> Answer {
    keyed(service, path, key, &body.to_string()).send().await
}

/// Every collection that takes a POST, with the `number`th body for it: the entities and their records.
fn routes(number: u32) -> Vec<(&'static Entity, String, Value)> {
    let records = |entity: &Entity| format!("/v1/fields-data/{}/records", entity.name);
    let of_record = |entity: &Entity| {
        let mut fields = (entity.full)(number + 1);
        let attributes = fields.as_object_mut().expect("an object").shift_remove("attributes");
        json!({"fields": fields, "attributes": attributes.unwrap_or_else(|| json!({}))})
    };
    let pairs = entities().into_iter().map(|entity| {
        [(entity, entity.path.to_owned(), (entity.full)(number)), (entity, records(entity), of_record(entity))]
    });
    pairs.into_iter().flatten().collect()
}

/// Demands that two answers are the same, byte for byte.
#[track_caller]
fn same(again: &Answer, first: &Answer) {
    assert_eq!((again.status, again.text()), (first.status, first.text()));
    for name in ["location", "etag", "content-type", "content-length"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
}

/// Demands the refusal of a key, and says with which code.
#[track_caller]
fn refused(answer: &Answer) -> String {
    let problem = answer.problem(422);
    assert_eq!(problem.places(), [KEY], "{}", problem.json);
    assert!(problem.detail.contains(KEY), "{}", problem.detail);
    problem.faults[0].code.clone()
}

/// How many rows there are.
async fn count(service: &Service, table: &str) -> usize {
    let count = service.database().value(&format!("select count(*) from {table}")).await;
    count.and_then(|count| count.parse().ok()).expect("a number")
}

/// How many answers are kept.
async fn count_kept(service: &Service) -> usize {
    count(service, &service.own("idempotency_key")).await
}

/// Lets that many hours pass for every answer that is kept.
async fn age(service: &Service, hours: u32) {
    let past = if service.database().url().starts_with("sqlite") {
        format!("strftime('%Y-%m-%dT%H:%M:%f', created_at, '-{hours} hours') || '000Z'")
    } else {
        format!("created_at - interval '{hours} hours'")
    };
    service.sql(&format!("update {} set created_at = {past}", service.own("idempotency_key"))).await;
}
