#!/usr/bin/env bash
# utoipa 6.0.0: reading a valid OpenAPI 3.1 schema with serde and writing it again silently drops `items` of an array, where
# a property somewhere below has no `type`. JSON Schema 2020-12 allows a schema without a type: any value fits it.
#
# The type `Schema` is an untagged enum: when reading an `Array` fails because something below has no `type`, the same text is
# read as an `Object`, which has no `items` and ignores what it does not know. Expected: the schema, or an error.
#
# Needs cargo and the crates registry. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
serde_json = "=1.0.154"
utoipa = "=6.0.0"
TOML
cat >src/main.rs <<'RUST'
use serde_json::{Value, json};
use utoipa::openapi::schema::Schema;

fn main() {
    for options in [json!({ "type": "string" }), json!({ "description": "Any value." })] {
        let items = json!({ "type": "object", "properties": { "options": options } });
        let schema = json!({ "type": "array", "items": items });
        let read: Schema = serde_json::from_value(schema).expect("read without an error");
        let written: Value = serde_json::to_value(&read).unwrap();
        println!("{written}");
    }
}
RUST
output=$(cargo run --quiet)
echo "$output"
# Seen:
#   {"items":{"properties":{"options":{"type":"string"}},"type":"object"},"type":"array"}
#   {"type":"array"}
[ "$(tail -n 1 <<<"$output")" = '{"type":"array"}' ]
