//! The limits in the document are those of the contract, and so are its choices and its required fields.

use serde_json::Value;

use super::{document, resolved};
use partbook_test_support::contract::{Entity, Kind, Limit, entities};

/// The schema of the body of an operation.
fn body<'a>(document: &'a Value, entity: &Entity, method: &str) -> &'a Value {
    let template = if method == "post" { entity.path.to_owned() } else { format!("{}/{{id}}", entity.path) };
    let operation = &document["paths"][&template][method];
    resolved(document, &resolved(document, &operation["requestBody"])["content"]["application/json"]["schema"])
}

/// A property without the alternatives that only say it may be null or go by another form.
fn property<'a>(document: &'a Value, schema: &'a Value, name: &str) -> Vec<&'a Value> {
    let property = resolved(document, &schema["properties"][name]);
    assert!(!property.is_null(), "no property {name}");
    let alternatives = ["oneOf", "anyOf", "allOf"].iter().filter_map(|key| property[*key].as_array()).flatten();
    let mut parts: Vec<&Value> = alternatives.map(|part| resolved(document, part)).collect();
    parts.push(property);
    parts
}

/// The one value of a keyword among the parts of a property.
fn keyword<'a>(parts: &[&'a Value], name: &str) -> Option<&'a Value> {
    parts.iter().map(|part| &part[name]).find(|value| !value.is_null())
}

/// The types of a property, without null.
fn types(parts: &[&Value]) -> Vec<String> {
    let mut types: Vec<String> = parts
        .iter()
        .flat_map(|part| match &part["type"] {
            Value::String(name) => vec![name.clone()],
            Value::Array(names) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        })
        .filter(|name| name != "null")
        .collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn expected_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Choice(_) | Kind::Date => "string",
        Kind::Integer | Kind::Reference(_) => "integer",
        Kind::Number => "number",
        Kind::Boolean => "boolean",
        Kind::Object => "object",
        Kind::Array => "array",
    }
}

/// A number of JSON without a fraction, however it is written.
fn whole(number: &Value) -> Option<i64> {
    number.to_string().trim_end_matches(".0").parse().ok()
}

/// Holds one property against the contract.
fn check(limit: &Limit, parts: &[&Value], what: &str) {
    let number = |name: &str| keyword(parts, name).and_then(whole);
    assert_eq!(types(parts), [expected_type(limit.kind)], "type of {what}");
    // Without a limit of its own an integer still has 32 bits, which the format may say as well.
    let bits = |own: Option<i64>, bound: &i64| own.is_some() || ![i32::MIN, i32::MAX].map(i64::from).contains(bound);
    assert_eq!(number("minimum").filter(|min| bits(limit.min, min)), limit.min, "minimum of {what}");
    assert_eq!(number("maximum").filter(|max| bits(limit.max, max)), limit.max, "maximum of {what}");
    let max_len = limit.max_len.and_then(|max| i64::try_from(max).ok());
    assert_eq!(number("maxLength"), max_len, "maxLength of {what}");
    for name in ["exclusiveMinimum", "exclusiveMaximum", "multipleOf", "pattern"] {
        assert_eq!(keyword(parts, name), None, "{name} of {what}");
    }
    if limit.required && limit.kind == Kind::Text {
        assert_eq!(number("minLength"), Some(1), "minLength of {what}");
    }
    if matches!(limit.kind, Kind::Integer | Kind::Reference(_)) {
        assert_eq!(keyword(parts, "format").and_then(Value::as_str), Some("int32"), "format of {what}");
    }
    let words = keyword(parts, "enum")
        .and_then(Value::as_array)
        .map(|words| words.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    match limit.kind {
        Kind::Choice(expected) => assert_eq!(words.as_deref(), Some(&expected.owned()[..]), "enum of {what}"),
        _ => assert_eq!(words, None, "enum of {what}"),
    }
}

/// The words of a choice as the document holds them.
trait Words {
    fn owned(&self) -> Vec<String>;
}

impl Words for &[&str] {
    fn owned(&self) -> Vec<String> {
        self.iter().map(|word| (*word).to_owned()).collect()
    }
}

#[tokio::test]
async fn every_limit_of_the_contract_is_in_the_document() {
    let document = document();
    for entity in entities() {
        for method in ["post", "put", "patch"] {
            let schema = body(&document, entity, method);
            for limit in entity.limits() {
                let what = format!("{}.{} ({method})", entity.name, limit.field);
                check(limit, &property(&document, schema, limit.field), &what);
            }
            let required: Vec<&str> =
                schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let expected: Vec<&str> =
                entity.limits().filter(|limit| limit.required && method != "patch").map(|limit| limit.field).collect();
            assert_eq!(required, expected, "required of {} ({method})", entity.name);
        }
    }
}

#[tokio::test]
async fn optional_fields_may_be_null_and_required_ones_may_not() {
    let document = document();
    for entity in entities() {
        for method in ["post", "put", "patch"] {
            let schema = body(&document, entity, method);
            for limit in entity.limits() {
                let parts = property(&document, schema, limit.field);
                let nullable =
                    parts.iter().any(|part| part["type"] == "null" || part["type"].to_string().contains("\"null\""));
                assert_eq!(nullable, !limit.required, "{}.{} ({method})", entity.name, limit.field);
            }
        }
    }
}

#[tokio::test]
async fn answers_have_both_names_of_attributes_and_the_one_is_deprecated() {
    let document = document();
    for entity in entities().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "attributes")) {
        let input = body(&document, entity, "post");
        if entity.name == "listing" {
            assert!(input["properties"]["attributes_json"].is_null());
            assert!(!input["properties"]["url"].is_null(), "the other name of listing_url");
            continue;
        }
        let deprecated = property(&document, input, "attributes_json");
        assert_eq!(keyword(&deprecated, "deprecated"), Some(&Value::Bool(true)), "{}", entity.name);
        let answer = &document["paths"][format!("{}/{{id}}", entity.path)]["get"]["responses"]["200"];
        let answer = resolved(&document, &resolved(&document, answer)["content"]["application/json"]["schema"]);
        let required: Vec<&str> =
            answer["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for name in ["id", "created_at", "updated_at", "attributes"] {
            assert!(required.contains(&name), "{name} of {}", entity.name);
        }
        assert_eq!(keyword(&property(&document, answer, "attributes_json"), "deprecated"), Some(&Value::Bool(true)));
    }
}

#[tokio::test]
async fn the_limits_of_lists_are_in_the_document() {
    let document = document();
    let of = |path: &str| {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().expect("parameters");
        let limit = parameters
            .iter()
            .map(|parameter| resolved(&document, parameter))
            .find(|parameter| parameter["name"] == "limit");
        resolved(&document, &limit.expect("a limit")["schema"]).clone()
    };
    for entity in entities() {
        let limit = of(entity.path);
        assert_eq!(
            (&limit["minimum"], &limit["maximum"]),
            (&Value::from(1), &Value::from(entity.max_limit)),
            "{}",
            entity.name
        );
        assert_eq!(limit["default"].as_u64(), entity.default_limit.map(|limit| limit as u64), "{}", entity.name);
        if entity.name != "listing" {
            let limit = of(&format!("{}/{{id}}/listings", entity.path));
            assert_eq!((limit["maximum"].as_u64(), limit["default"].as_u64()), (Some(100), Some(50)));
        }
    }
    let limit = of("/v1/fields-data/{entity}/records");
    assert_eq!((limit["maximum"].as_u64(), limit["default"].as_u64()), (Some(200), Some(50)));
}

#[test]
fn filters_say_what_they_take() {
    let document = document();
    for entity in entities() {
        let parameters = document["paths"][entity.path]["get"]["parameters"].as_array().expect("parameters");
        for limit in entity.limits() {
            let Some(filter) = parameters.iter().find(|parameter| parameter["name"] == limit.field) else { continue };
            let format = match limit.kind {
                // More than a column holds may be asked about; it is found nowhere.
                Kind::Integer | Kind::Reference(_) => Value::from("int64"),
                Kind::Date => Value::from("date-time"),
                _ => continue,
            };
            assert_eq!(filter["schema"]["items"]["format"], format, "{} of {}", limit.field, entity.name);
        }
    }
}

#[test]
fn a_record_may_be_sent_without_attributes() {
    let document = document();
    let record = &document["components"]["schemas"]["RecordInput"]["properties"];
    assert_eq!(record["attributes"]["type"], serde_json::json!(["object", "null"]));
    assert_eq!(record["fields"]["type"], "object");
}
