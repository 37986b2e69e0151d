//! `/v1/fields`: the definitions of custom fields (contract section 5).

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, Entity, GPU, LISTING, PROFILE, entities};
use partbook_test_support::{Backend, Database, Method, Service, backends};

const FIELDS: &str = "/v1/fields";

const MEMBERS: [&str; 18] = [
    "id",
    "entity",
    "key",
    "label",
    "data_type",
    "required",
    "default_value",
    "options",
    "is_active",
    "is_locked",
    "visibility",
    "created_by",
    "description",
    "validation",
    "display_order",
    "created_at",
    "updated_at",
    "deleted_at",
];

fn field(entity: &Entity, key: &str) -> Value {
    json!({"entity": entity.name, "key": key, "label": "A label"})
}

fn at(field: &Value) -> String {
    format!("{FIELDS}/{}", field["id"])
}

async fn listed(service: &Service, query: &str) -> Vec<String> {
    let answer = service.get(&format!("{FIELDS}{query}")).await.expect(200).json();
    let fields = answer["fields"].as_array().expect("an array").clone();
    fields.iter().map(|field| field["key"].as_str().expect("a key").to_owned()).collect()
}

async fn used(service: &Service) -> Vec<(String, i64)> {
    let answer = service.get(&format!("{FIELDS}/usage")).await.expect(200).json();
    let usage = answer["usage"].as_array().expect("an array").iter();
    usage
        .map(|field| (field["key"].as_str().expect("a key").to_owned(), field["total"].as_i64().expect("a number")))
        .collect()
}

backends!(a_field_is_created_edited_and_deleted: Sqlite, Postgres, Legacy);
async fn a_field_is_created_edited_and_deleted(service: Service) {
    assert_eq!(
        service.get(&format!("{FIELDS}?include_inactive=1&include_deleted=1")).await.json(),
        json!({"fields": []})
    );
    let answer = service.post(&format!("{FIELDS}?actor=ann"), &field(&CPU, "stepping")).await.expect(201);
    let made = answer.json();
    let members: Vec<&String> = made.as_object().expect("an object").keys().collect();
    assert!(MEMBERS.iter().all(|member| members.iter().any(|known| known == member)), "{members:?}");
    for (member, value) in [
        ("data_type", json!("string")),
        ("required", json!(false)),
        ("default_value", Value::Null),
        ("options", Value::Null),
        ("is_active", json!(true)),
        ("is_locked", json!(false)),
        ("visibility", json!("public")),
        ("created_by", json!("ann")),
        ("description", Value::Null),
        ("validation", Value::Null),
        ("display_order", json!(100)),
        ("deleted_at", Value::Null),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert_eq!(answer.header("location"), Some(at(&made).as_str()));
    assert_eq!(service.get(&at(&made)).await.expect(200).json(), made);
    let patch = json!({
        "label": "Tier", "data_type": "enum", "options": ["low", "high"], "default_value": "low", "display_order": 5,
        "validation": {"max_length": 8},
    });
    let edited = service.patch(&format!("{}?actor=bob", at(&made)), &patch).await.expect(200).json();
    for (member, value) in patch.as_object().expect("an object") {
        assert_eq!(edited[member], *value, "{member}");
    }
    assert_eq!((&edited["created_at"], &edited["created_by"]), (&made["created_at"], &json!("ann")));
    // The screens show it.
    let schema = service.get("/v1/fields-data/cpu/schema").await.expect(200).json();
    let shown = schema["fields"].as_array().and_then(|fields| fields.last()).expect("a field").clone();
    assert_eq!(
        (&shown["key"], &shown["origin"], &shown["options"]),
        (&json!("stepping"), &json!("custom"), &json!(["low", "high"]))
    );
    let gone = service.delete(&format!("{}?actor=bob", at(&made))).await.expect(200).json();
    let usage = json!({"field_id": made["id"], "entity": "cpu", "key": "stepping", "total": 0, "counts": {"cpu": 0}});
    assert_eq!(gone, usage);
    assert!(listed(&service, "").await.is_empty());
    assert_eq!(listed(&service, "?include_deleted=true").await, ["stepping"]);
    assert!(service.get(&at(&made)).await.expect(200).json()["deleted_at"].is_string());
    // Null restores it.
    let restored = service.patch(&at(&made), &json!({"deleted_at": null})).await.expect(200).json();
    assert_eq!((&restored["deleted_at"], &restored["label"]), (&Value::Null, &json!("Tier")));
    assert_eq!(service.delete(&format!("{}?hard_delete=true", at(&made))).await.expect(200).json(), usage);
    assert_eq!(
        service.get(&at(&made)).await.problem(404).detail,
        format!("Custom field with id {} not found", made["id"])
    );
    service.delete(&at(&made)).await.problem(404);
    service.patch(&at(&made), &json!({})).await.problem(404);
}

backends!(a_list_leaves_out_what_is_not_asked_for: Sqlite, Postgres, Legacy);
async fn a_list_leaves_out_what_is_not_asked_for(service: Service) {
    for (entity, key, order, active) in
        [(&GPU, "g", 1, true), (&CPU, "b", 2, true), (&CPU, "a", 3, true), (&CPU, "resting", 4, false)]
    {
        let mut body = field(entity, key);
        body["display_order"] = json!(order);
        body["is_active"] = json!(active);
        service.created(FIELDS, &body).await;
    }
    let gone = service.created(FIELDS, &field(&CPU, "gone")).await;
    service.delete(&at(&gone)).await.expect(200);
    for (query, keys) in [
        ("", &["b", "a", "g"][..]),
        ("?entity=cpu", &["b", "a"]),
        ("?entity=warp", &[]),
        ("?include_inactive=1", &["b", "a", "resting", "g"]),
        ("?include_deleted=true&include_inactive=false&entity=cpu", &["b", "a", "gone"]),
        ("?include_inactive=1&include_deleted=1", &["b", "a", "resting", "gone", "g"]),
    ] {
        assert_eq!(listed(&service, query).await, keys, "{query}");
    }
    for (query, parameter) in
        [("include_inactive=2", "include_inactive"), ("warp=9", "warp"), ("entity=a&entity=b", "entity")]
    {
        assert_eq!(service.get(&format!("{FIELDS}?{query}")).await.problem(422).places(), [parameter]);
    }
}

backends!(a_key_is_taken_once: Sqlite, Postgres, Legacy);
async fn a_key_is_taken_once(service: Service) {
    let first = service.created(FIELDS, &field(&CPU, "tier")).await;
    let problem = service.post(FIELDS, &field(&CPU, "tier")).await.problem(422);
    assert_eq!((problem.places(), problem.faults[0].code.as_str()), (vec!["#/key"], "duplicate"));
    assert_eq!(problem.detail, "Custom field with entity 'cpu' and key 'tier' already exists");
    service.created(FIELDS, &field(&GPU, "tier")).await;
    let other = service.created(FIELDS, &field(&CPU, "other")).await;
    assert_eq!(service.patch(&at(&other), &json!({"key": "tier"})).await.problem(422).places(), ["#/key"]);
    service.patch(&at(&other), &json!({"key": "another"})).await.expect(200);
    // A deleted one is restored as the new one says, under its id.
    service.delete(&at(&first)).await.expect(200);
    let mut body = field(&CPU, "tier");
    body["label"] = json!("Anew");
    let answer = service.post(FIELDS, &body).await.expect(201);
    assert_eq!(answer.header("location"), Some(at(&first).as_str()));
    let restored = answer.json();
    assert_eq!(
        (&restored["id"], &restored["label"], &restored["deleted_at"]),
        (&first["id"], &json!("Anew"), &Value::Null)
    );
}

backends!(what_makes_no_sense_is_refused);
async fn what_makes_no_sense_is_refused(service: Service) {
    let with = |members: Value| {
        let mut body = field(&CPU, "tier");
        body.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        body
    };
    for (members, place) in [
        (json!({"entity": "profile"}), "#/entity"),
        (json!({"entity": "warp"}), "#/entity"),
        (json!({"key": "1 a"}), "#/key"),
        (json!({"key": "cores"}), "#/key"),
        (json!({"key": "x".repeat(65)}), "#/key"),
        (json!({"label": " "}), "#/label"),
        (json!({"label": null}), "#/label"),
        (json!({"data_type": "warp"}), "#/data_type"),
        (json!({"data_type": "enum"}), "#/options"),
        (json!({"options": ["a", "a"]}), "#/options"),
        (json!({"default_value": 5}), "#/default_value"),
        (json!({"default_value": "a\u{0}"}), "#/default_value"),
        (json!({"validation": "x"}), "#/validation"),
        (json!({"display_order": 1.5}), "#/display_order"),
        (json!({"deleted_at": "2026-01-01T00:00:00Z"}), "#/deleted_at"),
    ] {
        assert_eq!(service.post(FIELDS, &with(members.clone())).await.problem(422).places(), [place], "{members}");
    }
    let blank = service.created(FIELDS, &with(json!({"key": "blank", "visibility": " ", "data_type": ""}))).await;
    assert_eq!((&blank["visibility"], &blank["data_type"]), (&json!("public"), &json!("string")));
    service.delete(&format!("{}?hard_delete=1", at(&blank))).await.expect(200);
    let long = format!("{FIELDS}?actor={}", "x".repeat(129));
    assert_eq!(service.post(&long, &field(&CPU, "tier")).await.problem(422).places(), ["actor"]);
    assert!(listed(&service, "?include_inactive=1&include_deleted=1").await.is_empty());
    let strict = service.request(Method::POST, FIELDS).header("Prefer", "handling=strict");
    let problem = strict.json(&with(json!({"lable": "x"}))).send().await.problem(422);
    assert_eq!(problem.at("#/lable").detail, "is not known here; did you mean label?");
    let made = service.created(FIELDS, &field(&CPU, "tier")).await;
    for query in ["force=perhaps", "hard_delete=2"] {
        service.delete(&format!("{}?{query}", at(&made))).await.problem(422);
    }
    // Only what changes is judged: the type stays what another program made it.
    service.sql("update custom_field_definition set data_type = 'warp', options = '{}', key = 'a b'").await;
    let patched = service.patch(&at(&made), &json!({"label": "Other"})).await.expect(200).json();
    assert_eq!((&patched["data_type"], &patched["options"]), (&json!("warp"), &json!({})));
}

backends!(usage_counts_rows_with_the_key: Sqlite, Postgres, Legacy);
async fn usage_counts_rows_with_the_key(service: Service) {
    for entity in entities().into_iter().filter(|entity| *entity.name != *PROFILE.name) {
        service.created(FIELDS, &field(entity, "own")).await;
        service.created(FIELDS, &field(entity, "other")).await;
        for (n, attributes) in (1..).zip([json!({"own": 1}), json!({"own": null, "x": {"other": 1}}), json!({})]) {
            let mut body = (entity.minimal)(n);
            body["attributes"] = attributes;
            service.created(entity.path, &body).await;
        }
    }
    let keys = ["own", "other"].repeat(6);
    let expected: Vec<(String, i64)> =
        keys.into_iter().map(|key| (key.to_owned(), if key == "own" { 2 } else { 0 })).collect();
    assert_eq!(used(&service).await, expected);
    // Deleted ones count on: what they are about is still there.
    let answer = service.get(&format!("{FIELDS}?entity=gpu")).await.json();
    let own = answer["fields"].as_array().expect("an array").iter().find(|field| field["key"] == "own");
    service.delete(&format!("{}?force=true", at(own.expect("a field")))).await.expect(200);
    assert_eq!(used(&service).await, expected);
}

backends!(a_field_that_is_used_stays_unless_forced: Sqlite, Postgres, Legacy);
async fn a_field_that_is_used_stays_unless_forced(service: Service) {
    let made = service.created(FIELDS, &field(&LISTING, "color")).await;
    let mut body = (LISTING.minimal)(1);
    body["attributes"] = json!({"color": "black"});
    let row = service.created(LISTING.path, &body).await;
    for query in ["", "?hard_delete=true", "?force=false"] {
        let problem = service.delete(&format!("{}{query}", at(&made))).await.problem(409);
        assert_eq!(problem.detail, "Cannot delete Custom Field: 1 row(s) have a value of color");
        let usage =
            json!({"field_id": made["id"], "entity": "listing", "key": "color", "total": 1, "counts": {"listing": 1}});
        assert_eq!(problem.json["usage"], usage);
        assert_eq!(service.get(&at(&made)).await.json(), made, "nothing has changed");
    }
    assert_eq!(service.delete(&format!("{}?force=true", at(&made))).await.expect(200).json()["total"], 1);
    service.delete(&format!("{}?hard_delete=1&force=1", at(&made))).await.expect(200);
    service.get(&at(&made)).await.problem(404);
    assert_eq!(service.get(&LISTING.at(&row["id"])).await.json(), row, "values stay");
}

backends!(a_version_may_be_named: Sqlite, Postgres, Legacy);
async fn a_version_may_be_named(service: Service) {
    let made = service.post(FIELDS, &field(&CPU, "tier")).await.expect(201);
    let (path, tag) = (at(&made.json()), made.header("etag").expect("a tag").to_owned());
    service.request(Method::GET, &path).header("If-None-Match", &tag).send().await.expect(304);
    let change = service.request(Method::PATCH, &path).header("If-Match", &tag).json(&json!({"label": "Other"}));
    let changed = change.send().await.expect(200);
    for method in [Method::PATCH, Method::DELETE] {
        let stale = service.request(method, &path).header("If-Match", &tag).json(&json!({})).send().await;
        assert_eq!(stale.header("etag"), changed.header("etag"));
        assert_eq!(stale.problem(412).json["current"], changed.json());
    }
    let tag = changed.header("etag").expect("a tag");
    service.request(Method::DELETE, &path).header("If-Match", tag).send().await.expect(200);
}

#[tokio::test]
async fn attributes_of_old_rows_are_counted_whatever_they_hold() {
    let service = Service::start(Backend::Legacy).await;
    service.created(FIELDS, &field(&CPU, "own")).await;
    for (n, attributes) in [
        (1, "null"),
        (2, "'null'"),
        (3, "'[\"own\"]'"),
        (4, r#"'"own"'"#),
        (5, r#"'{"own": 1, "own": 2}'"#),
        (6, r#"'{"a": "\u0000", "own": 1}'"#),
        (7, r#"'{"\ud800": "\udc00\\u0000", "own": 1}'"#),
        (8, r#"'{"\u006fwn": 1}'"#),
        (9, r#"'{"a": {"own": 1}}'"#),
    ] {
        service.sql("alter table cpu alter column attributes_json drop not null").await;
        let insert = "insert into cpu (name, manufacturer, attributes_json) values";
        service.sql(&format!("{insert} ('CPU {n}', 'x', {attributes})")).await;
    }
    assert_eq!(used(&service).await, [("own".to_owned(), 4)]);
}

#[tokio::test]
async fn fields_of_a_legacy_database_are_shown_and_edited() {
    let service = Service::legacy_with_rows().await;
    let all = service.get(&format!("{FIELDS}?include_inactive=1&include_deleted=1")).await.expect(200).json();
    assert_eq!(all["fields"].as_array().map(Vec::len), Some(6));
    assert_eq!(listed(&service, "").await, ["tier", "stepping", "color", "stray"]);
    for field in all["fields"].as_array().expect("an array") {
        let saved = service.patch(&at(field), field).await.expect(200).json();
        assert_eq!(saved, *field, "a save of nothing new changes nothing");
        service.patch(&at(field), &json!({"description": "Edited"})).await.expect(200);
    }
    used(&service).await;
}

backends!(without_the_table_there_are_none: Sqlite, Postgres, Legacy);
async fn without_the_table_there_are_none(backend: Backend) {
    let database = Database::prepared(backend);
    for change in ["alter table custom_field_definition drop column created_by", "drop table custom_field_definition"] {
        database.sql(change).await;
        let service = Service::options().start_on(&database).await;
        assert_eq!(service.get(&format!("{FIELDS}?include_deleted=1")).await.expect(200).json(), json!({"fields": []}));
        assert_eq!(service.get(&format!("{FIELDS}/usage")).await.expect(200).json(), json!({"usage": []}));
        service.get("/v1/fields-data/cpu/schema").await.expect(200);
        service.get(&format!("{FIELDS}/1")).await.problem(404);
        service.get("/readyz").await.expect(200);
        let body = field(&CPU, "tier");
        for answer in [
            service.post(FIELDS, &body).await,
            service.patch(&format!("{FIELDS}/1"), &body).await,
            service.delete(&format!("{FIELDS}/1")).await,
        ] {
            assert!(answer.problem(503).detail.contains("custom_field_definition"));
        }
        service.stop().await;
    }
}

#[tokio::test]
async fn a_role_that_may_not_write_them_is_told_the_table() {
    let database = Database::legacy_with_rows();
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("revoke insert, update, delete on custom_field_definition from {role}")).await;
    let service = Service::options().url(&url).start_on(&database).await;
    assert!(!listed(&service, "").await.is_empty());
    for answer in [
        service.post(FIELDS, &field(&GPU, "tier")).await,
        service.patch(&format!("{FIELDS}/1"), &json!({"label": "x"})).await,
        service.delete(&format!("{FIELDS}/1")).await,
    ] {
        assert!(answer.header("retry-after").is_some());
        let problem = answer.problem(503);
        assert!(
            problem.detail.contains("no right") && problem.detail.contains("custom_field_definition"),
            "{}",
            problem.detail
        );
    }
}

backends!(equal_fields_are_created_once: Sqlite, Postgres, Legacy);
async fn equal_fields_are_created_once(service: Service) {
    let requests = (0..8).map(|_| service.request(Method::POST, FIELDS).json(&field(&CPU, "tier")));
    let answers = partbook_test_support::together(requests.collect::<Vec<_>>()).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((created, answers.iter().filter(|answer| answer.status == 422).count()), (1, 7));
    assert_eq!(listed(&service, "").await, ["tier"]);
}

backends!(a_field_is_created_once_under_a_key: Sqlite, Postgres);
async fn a_field_is_created_once_under_a_key(service: Service) {
    let post =
        || service.request(Method::POST, FIELDS).header("Idempotency-Key", "k").json(&field(&CPU, "tier")).send();
    let first = post().await.expect(201);
    assert_eq!(post().await.expect(201).body, first.body);
}
