//! One document, wherever it is asked for.

use std::fmt::Write;
use std::path::Path;

use super::{document, operations};
use partbook_test_support::{Service, api_document, backends};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/partbook.json");

backends!(the_service_serves_what_the_command_prints: Sqlite);
async fn the_service_serves_what_the_command_prints(service: Service) {
    let answer = service.get("/openapi.json").await.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.text() == api_document(), "/openapi.json is not what `partbook openapi` prints");
}

#[test]
fn the_committed_document_is_current() {
    let printed = api_document();
    let committed = std::fs::read_to_string(Path::new(COMMITTED)).unwrap_or_default();
    let same = printed.lines().zip(committed.lines()).take_while(|(one, other)| one == other).count();
    assert!(
        printed == committed,
        "openapi/partbook.json is stale (first difference: line {}). \
         Make it anew: cargo run -- openapi > openapi/partbook.json",
        same + 1
    );
}

#[test]
fn the_document_in_brief() {
    let document = document();
    let mut brief = format!("openapi {}\n", document["openapi"].as_str().expect("a version"));
    for operation in operations(&document) {
        let responses = operation.content["responses"].as_object().expect("responses");
        let mut statuses: Vec<&str> = responses.keys().map(String::as_str).collect();
        statuses.sort_unstable();
        let id = operation.content["operationId"].as_str().unwrap_or("?");
        let method = operation.method.to_uppercase();
        writeln!(brief, "{method:<6} {:<50} {id:<30} {}", operation.path, statuses.join(" ")).expect("a string");
    }
    brief.push_str("\nschemas\n");
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let mut members: Vec<&str> =
            schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        members.sort_unstable();
        writeln!(brief, "{name}: {}", members.join(" ")).expect("a string");
    }
    insta::assert_snapshot!(brief);
}
