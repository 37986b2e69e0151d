//! At most one profile is the default (contract section 2).

use serde_json::{Value, json};

use partbook_test_support::contract::{LISTING, ONLY_DEFAULT_DELETED, ONLY_DEFAULT_UNSET, PROFILE, listing_that_uses};
use partbook_test_support::{Service, backends};

fn profile(name: &str, is_default: bool) -> Value {
    json!({"name": name, "weights_json": {"a": 1}, "is_default": is_default})
}

async fn get(service: &Service, row: &Value) -> Value {
    service.get(&PROFILE.at(&row["id"])).await.expect(200).json()
}

/// The names of the default profiles.
async fn defaults(service: &Service) -> Vec<Value> {
    let rows = service.get(&format!("{}?is_default=true", PROFILE.path)).await.expect(200).array();
    rows.into_iter().map(|row| row["name"].clone()).collect()
}

backends!(there_need_not_be_a_default: Sqlite, Postgres, Legacy);
async fn there_need_not_be_a_default(service: Service) {
    let row = service.created(PROFILE.path, &profile("a", false)).await;
    assert_eq!(row["is_default"], false);
    assert!(defaults(&service).await.is_empty());
    service.delete(&PROFILE.at(&row["id"])).await.expect(204);
}

backends!(a_new_default_clears_the_others: Sqlite, Postgres, Legacy);
async fn a_new_default_clears_the_others(service: Service) {
    let first = service.created(PROFILE.path, &profile("first", true)).await;
    let bystander = service.created(PROFILE.path, &profile("bystander", false)).await;
    // By POST, PUT and PATCH.
    let second = service.created(PROFILE.path, &profile("second", true)).await;
    assert_eq!(defaults(&service).await, ["second"]);
    let cleared = get(&service, &first).await;
    assert!(cleared["updated_at"].as_str() > first["updated_at"].as_str());
    assert_eq!(cleared["created_at"], first["created_at"]);

    let path = PROFILE.at(&first["id"]);
    service.put(&path, &profile("first", true)).await.expect(200);
    assert_eq!(defaults(&service).await, ["first"]);
    assert!(get(&service, &second).await["updated_at"].as_str() > second["updated_at"].as_str());

    let before = get(&service, &first).await;
    service.patch(&PROFILE.at(&second["id"]), &json!({"is_default": true})).await.expect(200);
    assert_eq!(defaults(&service).await, ["second"]);
    assert!(get(&service, &first).await["updated_at"].as_str() > before["updated_at"].as_str());
    assert_eq!(get(&service, &bystander).await, bystander);
}

backends!(a_refused_default_clears_nothing: Sqlite, Postgres, Legacy);
async fn a_refused_default_clears_nothing(service: Service) {
    let row = service.created(PROFILE.path, &profile("first", true)).await;
    let other = service.created(PROFILE.path, &profile("other", false)).await;
    service.post(PROFILE.path, &profile("first", true)).await.problem(422);
    service.post(PROFILE.path, &profile("other", true)).await.problem(422);
    service.post(PROFILE.path, &profile("", true)).await.problem(422);
    let path = PROFILE.at(&other["id"]);
    service.put(&path, &profile("first", true)).await.problem(422);
    service.patch(&path, &json!({"is_default": true, "name": "first"})).await.problem(422);
    assert_eq!(get(&service, &row).await, row);
    assert_eq!(get(&service, &other).await, other);
}

backends!(the_only_default_cannot_be_unset: Sqlite, Postgres, Legacy);
async fn the_only_default_cannot_be_unset(service: Service) {
    service.created(PROFILE.path, &profile("other", false)).await;
    let row = service.created(PROFILE.path, &profile("only", true)).await;
    let path = PROFILE.at(&row["id"]);
    for answer in [
        service.put(&path, &profile("only", false)).await,
        service.patch(&path, &json!({"is_default": false})).await,
        service.patch(&path, &json!({"is_default": null})).await,
        service.patch(&path, &json!({"is_default": false, "description": "changed"})).await,
    ] {
        let problem = answer.problem(422);
        assert_eq!(problem.detail, ONLY_DEFAULT_UNSET);
        assert_eq!(problem.places(), ["#/is_default"]);
    }
    assert_eq!(get(&service, &row).await, row);
}

backends!(a_replacement_that_does_not_say_leaves_the_default: Sqlite, Postgres, Legacy);
async fn a_replacement_that_does_not_say_leaves_the_default(service: Service) {
    for is_default in [true, false] {
        let row = service.created(PROFILE.path, &profile("one", is_default)).await;
        let path = PROFILE.at(&row["id"]);
        let body = json!({"name": "two", "weights_json": {"b": 2}});
        let replaced = service.put(&path, &body).await.expect(200).json();
        assert_eq!((&replaced["is_default"], &replaced["name"]), (&json!(is_default), &json!("two")));
        // Makes room for the next.
        service.patch(&path, &json!({"name": is_default.to_string()})).await.expect(200);
    }
}

backends!(the_only_default_cannot_be_deleted: Sqlite, Postgres, Legacy);
async fn the_only_default_cannot_be_deleted(service: Service) {
    let row = service.created(PROFILE.path, &profile("only", true)).await;
    let path = PROFILE.at(&row["id"]);
    assert_eq!(service.delete(&path).await.problem(409).detail, ONLY_DEFAULT_DELETED);
    // Used or not.
    let listing = service.created(LISTING.path, &listing_that_uses(1, "active_profile_id", &row["id"])).await;
    assert_eq!(service.delete(&path).await.problem(409).detail, ONLY_DEFAULT_DELETED);
    service.created(PROFILE.path, &profile("next", true)).await;
    assert_eq!(service.delete(&path).await.problem(409).detail, PROFILE.in_use(1));
    service.delete(&LISTING.at(&listing["id"])).await.expect(204);
    service.delete(&path).await.expect(204);
    assert_eq!(defaults(&service).await, ["next"]);
}
