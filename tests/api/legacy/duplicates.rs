//! Duplicates that the legacy indexes let pass.

use serde_json::json;

use partbook_test_support::Service;
use partbook_test_support::contract::{ONLY_DEFAULT_UNSET, PROFILE, RAM_SPEC, STORAGE_PROFILE};

#[tokio::test]
async fn get_or_create_answers_the_lowest_of_twins() {
    let service = Service::legacy_with_rows().await;
    let body = json!({"ddr_generation": "ddr4", "module_count": 2, "capacity_per_module_gb": 8});
    let row = service.created(RAM_SPEC.path, &body).await;
    assert_eq!((&row["id"], &row["label"]), (&json!(2), &json!("first twin")));
    let row = service.created(STORAGE_PROFILE.path, &json!({"medium": "hdd", "capacity_gb": 2000})).await;
    assert_eq!(row["id"], 3);
}

#[tokio::test]
async fn twins_stay_editable_while_their_key_stays() {
    let service = Service::legacy_with_rows().await;
    for (entity, ids) in [(&RAM_SPEC, [2, 3]), (&STORAGE_PROFILE, [3, 4])] {
        for id in ids {
            let path = entity.at(&json!(id));
            let row = service.get(&path).await.expect(200).json();
            let mut whole = row.clone();
            whole["notes"] = json!("changed");
            let saved = service.patch(&path, &whole).await.expect(200).json();
            assert_eq!((&saved["notes"], &saved["label"]), (&json!("changed"), &row["label"]));
            whole["notes"] = json!("replaced");
            assert_eq!(service.put(&path, &whole).await.expect(200).json()["notes"], "replaced");
        }
        // One of the two may leave; nobody may join.
        let (key, away) = if entity.name == "ram_spec" { ("speed_mhz", 3200) } else { ("capacity_gb", 2001) };
        let path = entity.at(&json!(ids[1]));
        let back = service.get(&path).await.json()[key].clone();
        service.patch(&path, &json!({key: away})).await.expect(200);
        let problem = service.patch(&path, &json!({key: back})).await.problem(422);
        assert_eq!(problem.detail, entity.taken(""));
    }
}

#[tokio::test]
async fn of_two_defaults_one_may_go() {
    let service = Service::legacy_with_rows().await;
    let (one, other) = (PROFILE.at(&json!(1)), PROFILE.at(&json!(8)));
    let row = service.patch(&other, &json!({"is_default": false})).await.expect(200).json();
    assert_eq!(row["is_default"], false);
    let problem = service.patch(&one, &json!({"is_default": false})).await.problem(422);
    assert_eq!(problem.detail, ONLY_DEFAULT_UNSET);
}

#[tokio::test]
async fn a_new_default_clears_all_others() {
    let service = Service::legacy_with_rows().await;
    service.created(PROFILE.path, &json!({"name": "New", "weights_json": {}, "is_default": true})).await;
    let defaults = service.get(&format!("{}?is_default=true", PROFILE.path)).await.expect(200).array();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["name"], "New");
}

#[tokio::test]
async fn saving_a_default_as_it_is_mends_nothing_and_fails_nothing() {
    let service = Service::legacy_with_rows().await;
    let path = PROFILE.at(&json!(8));
    let mut row = service.get(&path).await.expect(200).json();
    row["description"] = json!("changed");
    assert_eq!(service.patch(&path, &row).await.expect(200).json()["is_default"], true);
}

#[tokio::test]
async fn of_two_defaults_the_one_that_is_said_to_be_it_stays() {
    let service = Service::legacy_with_rows().await;
    let (path, all) = (PROFILE.at(&json!(8)), format!("{}?is_default=true", PROFILE.path));
    let row = service.get(&path).await.expect(200).json();
    let replaced = json!({"name": row["name"], "weights_json": row["weights_json"], "description": "changed"});
    service.put(&path, &replaced).await.expect(200);
    service.patch(&path, &json!({"description": "again"})).await.expect(200);
    assert_eq!(service.get(&all).await.expect(200).array().len(), 2, "neither body speaks of it");
    service.patch(&path, &json!({"is_default": true})).await.expect(200);
    let defaults = service.get(&all).await.expect(200).array();
    assert_eq!((defaults.len(), &defaults[0]["id"]), (1, &json!(8)));
}
