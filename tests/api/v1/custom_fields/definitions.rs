//! Custom fields are listed, created, edited and deleted.

use serde_json::{Value, json};

use super::{FIELDS, at, field, listed};
use partbook_test_support::contract::{CPU, GPU};
use partbook_test_support::{Method, Service, backends};

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
        ("?entity=profile", &[]),
        ("?include_inactive=1", &["b", "a", "resting", "g"]),
        ("?include_deleted=true&include_inactive=false&entity=cpu", &["b", "a", "gone"]),
        ("?include_inactive=1&include_deleted=1", &["b", "a", "resting", "gone", "g"]),
    ] {
        assert_eq!(listed(&service, query).await, keys, "{query}");
    }
    for (query, parameter) in
        [("include_inactive=2", "include_inactive"), ("warp=9", "warp"), ("entity=cpu&entity=gpu", "entity")]
    {
        assert_eq!(service.get(&format!("{FIELDS}?{query}")).await.problem(422).places(), [parameter]);
    }
    for entity in ["warp", "cpus", "CPU", "", "%00", "custom_field_definition"] {
        let problem = service.get(&format!("{FIELDS}?entity={entity}")).await.problem(422);
        assert_eq!((problem.places(), problem.faults[0].code.as_str()), (vec!["entity"], "enum"), "{entity}");
        assert!(problem.detail.contains("ram_spec"), "{}", problem.detail);
    }
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

backends!(a_field_is_created_once_under_a_key: Sqlite, Postgres);
async fn a_field_is_created_once_under_a_key(service: Service) {
    let post =
        || service.request(Method::POST, FIELDS).header("Idempotency-Key", "k").json(&field(&CPU, "tier")).send();
    let first = post().await.expect(201);
    assert_eq!(post().await.expect(201).body, first.body);
}
