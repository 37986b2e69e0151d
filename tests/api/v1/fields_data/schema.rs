//! `GET /v1/fields-data/{entity}/schema`.

use serde_json::{Value, json};

use super::fields;
use partbook_test_support::contract::{CPU, Entity, GPU, Kind, LEGACY_GENERATIONS, LISTING, Limit, PROFILE, entities};
use partbook_test_support::{Backend, Database, Service, backends};

const MEMBERS: [&str; 10] =
    ["key", "label", "data_type", "required", "editable", "locked", "origin", "description", "options", "validation"];

fn data_types(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Text | Kind::Date => &["string", "text"],
        Kind::Integer | Kind::Number | Kind::Reference(_) => &["number"],
        Kind::Boolean => &["boolean"],
        Kind::Choice(_) => &["enum"],
        Kind::Object | Kind::Array => &["json"],
    }
}

/// The fields of a schema: those of the entity but for `attributes`, which a record has beside its fields, and for child
/// rows, which no form edits.
fn described_limits(entity: &Entity) -> impl Iterator<Item = &'static Limit> {
    entity.limits().filter(|limit| !["attributes", "ports"].contains(&limit.field))
}

backends!(every_writable_field_is_described: Sqlite, Postgres, Legacy);
async fn every_writable_field_is_described(service: Service) {
    for entity in entities() {
        let schema = service.get(&super::schema_path(entity)).await.expect(200).json();
        assert_eq!(
            (&schema["entity"], &schema["label"], &schema["primary_key"]),
            (&json!(entity.name), &json!(entity.plural), &json!("id"))
        );
        let described = fields(&service, entity).await;
        let editable: Vec<&str> = described
            .iter()
            .filter(|field| field["editable"] == true)
            .map(|field| field["key"].as_str().expect("a key"))
            .collect();
        let writable: Vec<&str> = described_limits(entity).map(|limit| limit.field).collect();
        assert_eq!(editable, writable, "of {}", entity.name);
        for field in &described {
            let members: Vec<&str> = field.as_object().expect("an object").keys().map(String::as_str).collect();
            assert!(MEMBERS.iter().all(|member| members.contains(member)), "{field}");
            assert_eq!((&field["origin"], &field["locked"].is_boolean()), (&json!("core"), &true), "{field}");
            for member in ["label", "description"] {
                assert!(field[member].as_str().is_some_and(|text| !text.is_empty()), "{member} of {field}");
            }
        }
    }
}

/// A number of JSON without a fraction, however it is written.
fn whole(number: &Value) -> Option<i64> {
    number.to_string().trim_end_matches(".0").parse().ok()
}

backends!(what_is_described_is_what_holds: Sqlite, Legacy);
async fn what_is_described_is_what_holds(backend: Backend) {
    let service = Service::start(backend).await;
    for entity in entities() {
        let described = fields(&service, entity).await;
        for limit in described_limits(entity) {
            let field = described.iter().find(|field| field["key"] == limit.field).expect("every writable field");
            let data_type = field["data_type"].as_str().expect("a data type");
            assert!(data_types(limit.kind).contains(&data_type), "{field}");
            assert_eq!(field["required"], limit.required, "{field}");
            let validation = &field["validation"];
            // An integer without a limit of its own still has 32 bits.
            let bits =
                |own: Option<i64>, bound: &i64| own.is_some() || ![i32::MIN, i32::MAX].map(i64::from).contains(bound);
            assert_eq!(whole(&validation["min"]).filter(|min| bits(limit.min, min)), limit.min, "{field}");
            assert_eq!(whole(&validation["max"]).filter(|max| bits(limit.max, max)), limit.max, "{field}");
            assert_eq!(validation["max_length"].as_u64(), limit.max_len.map(|max| max as u64), "{field}");
            match limit.kind {
                Kind::Choice(_) if backend == Backend::Legacy && limit.field == "ddr_generation" => {
                    assert_eq!(field["options"], json!(LEGACY_GENERATIONS), "{field}");
                }
                Kind::Choice(words) => assert_eq!(field["options"], json!(words), "{field}"),
                _ => assert!(field["options"].is_null() || field["options"] == json!([]), "{field}"),
            }
        }
    }
}

backends!(an_unknown_entity_is_not_found: Sqlite, Postgres, Legacy);
async fn an_unknown_entity_is_not_found(service: Service) {
    for name in ["warp", "cpus", "CPU", "listing_component", "alembic_version", "%20", "cpu%00"] {
        for part in ["schema", "records"] {
            service.get(&format!("/v1/fields-data/{name}/{part}")).await.problem(404);
        }
        service.post(&format!("/v1/fields-data/{name}/records"), &json!({"fields": {}})).await.problem(404);
        service.patch(&format!("/v1/fields-data/{name}/records/1"), &json!({"fields": {}})).await.problem(404);
    }
}

/// The custom fields among an entity's.
async fn custom(service: &Service, entity: &Entity) -> Vec<Value> {
    fields(service, entity).await.into_iter().filter(|field| field["origin"] == "custom").collect()
}

#[tokio::test]
async fn custom_fields_of_a_legacy_database_follow() {
    let service = Service::legacy_with_rows().await;
    let all = fields(&service, &CPU).await;
    let first = all.iter().position(|field| field["origin"] == "custom").expect("a custom field");
    assert_eq!(first, described_limits(&CPU).count(), "the core fields come first");
    let custom_fields = custom(&service, &CPU).await;
    assert_eq!(all.len(), first + custom_fields.len());
    // By display order; the deleted one is left out, the inactive one is not.
    let keys: Vec<&Value> = custom_fields.iter().map(|field| &field["key"]).collect();
    assert_eq!(keys, ["tier", "stepping", "resting"]);
    let expected = json!({
        "id": 2, "key": "tier", "label": "Tier", "data_type": "enum", "required": true, "locked": true,
        "editable": false, "origin": "custom", "description": null,
        "options": ["low", "mid", "high"], "is_active": true,
    });
    for (member, value) in expected.as_object().expect("an object") {
        assert_eq!(custom_fields[0][member], *value, "{member}");
    }
    let expected = json!({
        "id": 1, "label": "Stepping", "data_type": "string", "required": false, "locked": false, "editable": true,
        "description": "Silicon revision", "options": null, "is_active": true,
    });
    for (member, value) in expected.as_object().expect("an object") {
        assert_eq!(custom_fields[1][member], *value, "{member}");
    }
    assert_eq!(custom_fields[2]["is_active"], false);
    let of_listing = custom(&service, &LISTING).await;
    assert_eq!(of_listing.len(), 1);
    assert_eq!((&of_listing[0]["key"], &of_listing[0]["options"]), (&json!("color"), &json!(["black", "white"])));
}

#[tokio::test]
async fn a_definition_made_meanwhile_is_shown() {
    let service = Service::start(Backend::Legacy).await;
    assert!(custom(&service, &PROFILE).await.is_empty());
    let insert = "insert into custom_field_definition (entity, key, label, display_order, is_locked)
        values ('gpu', 'b', 'B', 1, false), ('gpu', 'a', 'A', 2, false)";
    service.sql(insert).await;
    let fields = custom(&service, &GPU).await;
    assert_eq!(fields.iter().map(|field| &field["key"]).collect::<Vec<_>>(), ["b", "a"]);
}

backends!(many_custom_fields_are_streamed_each_once_and_in_order: Sqlite, Postgres, Legacy);
async fn many_custom_fields_are_streamed_each_once_and_in_order(service: Service) {
    const MANY: usize = 1_500;
    let insert = "insert into custom_field_definition
        (entity, key, label, data_type, description, display_order, is_active, is_locked, options)";
    let numbers = "with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 1500)";
    let text = "'A long description of what this is for. A long description of what this is for. A long description.'";
    let (yes, no) = if service.database().url().starts_with("sqlite") { ("1", "0") } else { ("true", "false") };
    let values = format!("'key' || n, 'Label', 'string', {text} || {text} || {text}, 1600 - n, {yes}, {no}");
    for (entity, at_most) in [("cpu", MANY), ("gpu", 2)] {
        let options = "case when n = 7 then '[1.50, {\"a\": null}]' end";
        let options = if yes == "1" { options.to_owned() } else { format!("({options})::json") };
        let rows = format!("select '{entity}', {values}, {options} from numbers where n <= {at_most}");
        service.sql(&format!("{insert} {numbers} {rows}")).await;
    }
    let answer = service.get(&super::schema_path(&CPU)).await.expect(200);
    assert_eq!(answer.header("content-length"), None, "it is streamed");
    assert!(answer.text().contains(r#""options":[1.50, {"a": null}]"#), "documents keep their text");
    let (own, custom): (Vec<Value>, Vec<Value>) =
        fields(&service, &CPU).await.into_iter().partition(|field| field["origin"] == "core");
    assert_eq!(own.len(), described_limits(&CPU).count());
    let keys: Vec<&str> = custom.iter().filter_map(|field| field["key"].as_str()).collect();
    assert!(keys.iter().copied().eq((1..=MANY).rev().map(|n| format!("key{n}"))), "{keys:?}");
    let short = service.get(&super::schema_path(&GPU)).await.expect(200);
    assert!(short.header("content-length").is_some(), "a short one is whole");
    let usage = service.get("/v1/fields/usage").await.expect(200).json();
    let used = usage["usage"].as_array().expect("an array");
    assert_eq!(used.len(), MANY + 2);
    assert!(used.iter().all(|field| field["total"] == 0));
}

#[tokio::test]
async fn a_legacy_database_without_custom_fields_does() {
    let database = Database::create(Backend::Legacy);
    database.sql("drop table custom_field_definition").await;
    let service = Service::options().start_on(&database).await;
    for entity in entities() {
        assert!(custom(&service, entity).await.is_empty());
    }
}
