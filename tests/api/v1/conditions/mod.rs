//! Versions of a row: entity tags, and requests that are made only of the version that is meant (contract section 7;
//! RFC 9110, sections 8.8.3 and 13).

mod changed_by_proxy;
mod changes;
mod faults;
mod known;
mod malformed;
mod meant;
mod none_of;
mod records;
mod required;
mod tags;
mod waits;

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, Kind, entities};
use partbook_test_support::{Answer, Method, Request, Service};

/// A well-formed tag that no row has.
const STALE: &str = "\"0123456789abcdef0123456789abcdef\"";

/// The methods that change a row.
const CHANGES: [Method; 3] = [Method::PUT, Method::PATCH, Method::DELETE];

/// The tag of an answer, which must be a strong one.
#[track_caller]
fn tag(answer: &Answer) -> String {
    let tag = answer.header("etag").unwrap_or_else(|| panic!("no ETag: {answer:?}"));
    let opaque = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_opaque = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
    assert!(opaque.is_some_and(is_opaque), "no strong entity tag: {tag}");
    tag.to_owned()
}

/// The tag that a GET answers now.
async fn tag_now(service: &Service, path: &str) -> String {
    tag(&service.get(path).await.expect(200))
}

/// The text of one member of an answer, byte for byte.
#[track_caller]
fn raw_member(answer: &Answer, member: &str) -> String {
    let members: HashMap<String, &RawValue> = serde_json::from_str(answer.text()).expect("a JSON object");
    members.get(member).unwrap_or_else(|| panic!("no {member}: {answer:?}")).get().to_owned()
}

/// The path of the `number`th row with everything in it; a listing has parts of its own.
async fn full(service: &Service, entity: &Entity, number: u32) -> String {
    let mut body = (entity.full)(number);
    for (place, limit) in (0..).zip(entity.limits()) {
        let Kind::Reference(name) = limit.kind else { continue };
        let part = entities().into_iter().find(|entity| entity.name == name).expect("an entity of the contract");
        let row = service.created(part.path, &(part.full)(1_000 + 50 * number + place)).await;
        body[limit.field] = row["id"].clone();
    }
    entity.at(&service.created(entity.path, &body).await["id"])
}

/// The `number`th change of a row: a request by one of [`CHANGES`]. PUT brings a whole new row.
fn change(service: &Service, entity: &Entity, method: &Method, path: &str, number: u32) -> Request {
    let request = service.request(method.clone(), path);
    match *method {
        Method::PUT => request.json(&with((entity.full)(number), entity.note(), format!("replaced {number}"))),
        Method::PATCH => request.json(&json!({entity.note(): format!("changed {number}")})),
        _ => request,
    }
}

/// What a change that was made answers.
fn done(method: &Method) -> u16 {
    if *method == Method::DELETE { 204 } else { 200 }
}

/// Everything the database holds of a row, and of its ports.
async fn stored(service: &Service, entity: &Entity) -> Vec<Vec<Option<String>>> {
    let mut rows = service.rows(&format!("select * from {} order by id", entity.table)).await;
    rows.extend(service.rows("select * from port order by id").await);
    rows
}

/// Demands that a change was refused because the row is another version by now, and that the answer shows the row as a
/// GET does.
#[track_caller]
fn stale(refused: &Answer, entity: &Entity, row: &Answer) {
    let problem = refused.problem(412);
    assert!(problem.detail.contains(entity.label), "{}", problem.detail);
    assert_eq!(tag(refused), tag(row), "{}", entity.name);
    assert_eq!(raw_member(refused, "current"), row.text(), "{}", entity.name);
}

/// The body of a record of `/v1/fields-data` that changes a row.
fn change_of_record(entity: &Entity, text: &str) -> Value {
    json!({"fields": {entity.note(): text}})
}

/// The path of a row's record.
fn record_path(entity: &Entity, id: &Value) -> String {
    format!("/v1/fields-data/{}/records/{id}", entity.name)
}
