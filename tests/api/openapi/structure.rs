//! Whether the document is a sound OpenAPI 3.1 document that generators can use.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{document, operations, resolved};

#[tokio::test]
async fn it_is_openapi_3_1() {
    let document = document();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    assert!(document["info"]["title"].as_str().is_some_and(|title| !title.is_empty()));
    // A keyword of 3.0 that 3.1 ignores.
    assert!(!document.to_string().contains("\"nullable\""));
}

#[tokio::test]
async fn every_operation_has_an_id_a_summary_and_a_tag() {
    let document = document();
    let tags: BTreeSet<&str> =
        document["tags"].as_array().expect("tags").iter().map(|tag| tag["name"].as_str().expect("a name")).collect();
    let mut ids = BTreeSet::new();
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        let text = |name: &str| operation.content[name].as_str().filter(|text| !text.is_empty());
        let id = text("operationId").unwrap_or_else(|| panic!("no operationId: {what}"));
        assert!(ids.insert(id), "{id} twice");
        assert!(
            id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
            "generators make names of it: {id}"
        );
        assert!(text("summary").is_some(), "no summary: {what}");
        let own = operation.content["tags"].as_array().unwrap_or_else(|| panic!("no tag: {what}"));
        assert!(
            !own.is_empty() && own.iter().all(|tag| tag.as_str().is_some_and(|tag| tags.contains(tag))),
            "{what}: {own:?}"
        );
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value) {
        if value["$ref"].is_string() {
            resolved(document, value);
        }
        match value {
            Value::Object(members) => members.values().for_each(|value| walk(document, value)),
            Value::Array(items) => items.iter().for_each(|value| walk(document, value)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
    let text = document.to_string();
    for (kind, parts) in document["components"].as_object().expect("components") {
        for name in parts.as_object().expect("components by name").keys().filter(|_| kind != "securitySchemes") {
            assert!(text.contains(&format!("\"#/components/{kind}/{name}\"")), "nothing refers to {kind}/{name}");
        }
    }
}

#[tokio::test]
async fn parameters_are_those_of_the_path() {
    let document = document();
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        let parameters = operation.content["parameters"].as_array().cloned().unwrap_or_default();
        let mut names = BTreeSet::new();
        for parameter in &parameters {
            let parameter = resolved(&document, parameter);
            let (name, place) =
                (parameter["name"].as_str().expect("a name"), parameter["in"].as_str().expect("a place"));
            assert!(names.insert((place.to_owned(), name.to_owned())), "{name} twice: {what}");
            assert_eq!(parameter["required"] == true, place == "path", "{name}: {what}");
            assert!(!parameter["schema"].is_null(), "{name}: {what}");
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}: {what}");
        }
        let declared: BTreeSet<&str> =
            names.iter().filter(|(place, _)| place == "path").map(|(_, name)| name.as_str()).collect();
        let in_path: BTreeSet<&str> = operation.path.split(['{', '}']).skip(1).step_by(2).collect();
        assert_eq!(declared, in_path, "{what}");
    }
}

#[tokio::test]
async fn answers_are_described() {
    let document = document();
    for operation in operations(&document) {
        for (status, response) in operation.content["responses"].as_object().expect("responses") {
            let what = format!("{} {} {status}", operation.method, operation.path);
            let response = resolved(&document, response);
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{what}");
            let content = response["content"].as_object();
            if ["204", "304"].contains(&status.as_str()) {
                assert!(content.is_none_or(serde_json::Map::is_empty), "{what}");
                continue;
            }
            let content = content.unwrap_or_else(|| panic!("no content: {what}"));
            let own_shape = ["/health", "/livez", "/readyz"].contains(&operation.path);
            let expected = match operation.path {
                "/metrics" if status == "200" => "text/plain",
                _ if status.starts_with('2') || own_shape => "application/json",
                _ => "application/problem+json",
            };
            assert_eq!(content.keys().collect::<Vec<_>>(), [expected], "{what}");
            let schema = resolved(&document, &content[expected]["schema"]);
            assert!(schema.is_object() || schema == true, "no schema: {what}");
            let lists = operation.method == "get" && status == "200";
            if lists
                && operation.content["parameters"].to_string().contains("\"offset\"")
                && !operation.path.contains("fields-data")
            {
                let headers = response["headers"].as_object().unwrap_or_else(|| panic!("no headers: {what}"));
                assert!(headers.contains_key("Link") && headers.contains_key("X-Total-Count"), "{what}: {headers:?}");
            }
            if status == "201" {
                assert!(response["headers"]["Location"].is_object(), "no Location: {what}");
            }
        }
    }
}

/// The headers that make a request conditional, or one that may be sent again, and what they come to.
#[tokio::test]
async fn versions_and_repetitions_are_described() {
    let document = document();
    for operation in operations(&document).into_iter().filter(|operation| operation.path.starts_with("/v1/")) {
        let what = format!("{} {}", operation.method, operation.path);
        let of_one_row = operation.path.ends_with("/{id}");
        let parameters = operation.content["parameters"].as_array().cloned().unwrap_or_default();
        let headers: BTreeSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "header" && parameter["name"] != "Prefer")
            .map(|parameter| parameter["name"].as_str().expect("a name"))
            .collect();
        let reads_rows = operation.path.starts_with("/v1/catalog/") || operation.path.starts_with("/v1/listings");
        let token = (operation.method == "get" && reads_rows).then_some("Partbook-Consistency-Token");
        let (expected, statuses, shows): (&[&str], &[&str], &[&str]) = match operation.method {
            "get" if of_one_row => (&["If-None-Match"], &["304"], &["200", "304"]),
            "delete" => (&["If-Match"], &["400", "412", "428"], &[]),
            "put" | "patch" => (&["If-Match"], &["400", "412", "428"], &["200"]),
            "post" => (&["Idempotency-Key"], &["409"], &["201"]),
            _ => (&[], &[], &[]),
        };
        assert_eq!(headers, expected.iter().copied().chain(token).collect(), "{what}");
        let responses = &operation.content["responses"];
        for status in ["304", "412", "428"] {
            assert_eq!(!responses[status].is_null(), statuses.contains(&status), "{status} of {what}");
        }
        for status in statuses {
            assert!(responses[*status].is_object(), "{status} of {what}");
        }
        for status in shows {
            let tag = &resolved(&document, &responses[*status])["headers"]["ETag"];
            assert!(resolved(&document, tag).is_object(), "no ETag with the {status} of {what}");
        }
        if operation.method == "post" {
            let key =
                parameters.iter().find(|parameter| parameter["name"] == "Idempotency-Key").expect("the parameter");
            let length = [&key["schema"]["minLength"], &key["schema"]["maxLength"]];
            assert_eq!(length, [&Value::from(1), &Value::from(255)], "{what}");
            assert_eq!(key["schema"]["pattern"], "^[!-~]+$", "{what}");
        }
        if !responses["412"].is_null() {
            let stale = &resolved(&document, &responses["412"])["content"]["application/problem+json"]["schema"];
            assert!(resolved(&document, stale)["properties"]["current"].is_object(), "{what}");
        }
    }
}

#[tokio::test]
async fn bodies_are_described() {
    let document = document();
    for operation in operations(&document) {
        let what = format!("{} {}", operation.method, operation.path);
        let body = &operation.content["requestBody"];
        if !["post", "put", "patch"].contains(&operation.method) {
            assert!(body.is_null(), "{what}");
            continue;
        }
        let body = resolved(&document, body);
        assert_eq!(body["required"], true, "{what}");
        let kinds: BTreeSet<&str> = body["content"].as_object().expect("content").keys().map(String::as_str).collect();
        let both = BTreeSet::from(["application/json", "application/merge-patch+json"]);
        let expected = if operation.method == "patch" && !operation.path.contains("fields-data") {
            both
        } else {
            BTreeSet::from(["application/json"])
        };
        // The records of the metadata screen may take either.
        assert!(kinds.is_superset(&expected), "{what}: {kinds:?}");
    }
}

#[test]
fn every_array_says_what_it_holds() {
    fn walk(value: &Value, place: &str) {
        let kinds = [&value["type"], &value["type"][0], &value["type"][1]];
        if kinds.iter().any(|kind| **kind == "array") && value["properties"].is_null() {
            assert!(value["items"].is_object(), "no items: {place}");
        }
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| walk(value, &format!("{place}/{name}"))),
            Value::Array(items) => items.iter().for_each(|value| walk(value, place)),
            _ => {}
        }
    }
    walk(&document()["components"], "components");
    walk(&document()["paths"], "paths");
}

#[test]
fn generators_find_what_they_need() {
    let document = document();
    assert_eq!(document["info"]["license"]["identifier"], "MIT OR Apache-2.0");
    for operation in operations(&document) {
        let parameters = operation.content["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters {
            let parameter = resolved(&document, &parameter);
            if parameter["name"] == "sort" {
                assert_eq!((&parameter["style"], &parameter["explode"]), (&"form".into(), &false.into()));
                let words = parameter["schema"]["items"]["enum"].as_array().expect("words");
                assert!(words.contains(&"-updated_at".into()), "{words:?}");
            }
            if parameter["name"] == "If-Match" {
                assert!(parameter["schema"]["pattern"].is_string());
            }
        }
        let stale = &operation.content["responses"]["412"];
        if !stale.is_null() {
            let schema = &stale["content"]["application/problem+json"]["schema"];
            let current = resolved(&document, &resolved(&document, schema)["properties"]["current"]);
            assert!(current["properties"].is_object(), "{} {}", operation.method, operation.path);
        }
    }
}
