//! The API document (contract section 8): what it is, what it says, and whether that is so.

mod bounds;
mod coverage;
mod document;
mod structure;

use serde_json::Value;

use partbook_test_support::api_document;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// The document, as `partbook openapi` prints it.
fn document() -> Value {
    serde_json::from_str(&api_document()).expect("JSON")
}

/// An operation with its method in lower case and its path.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    content: &'a Value,
}

/// Every operation of a document.
fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("a path item");
        let methods = item.iter().filter(|(key, _)| METHODS.contains(&key.as_str()));
        methods.map(move |(method, content)| Operation { method, path, content })
    });
    operations.collect()
}

/// What a `$ref` stands for, through any number of them.
fn resolved<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    while let Some(reference) = value["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} is in another document"));
        value = document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"));
    }
    value
}
