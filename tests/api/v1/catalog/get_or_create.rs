//! POST of RAM specs and storage profiles answers the row that has the natural key, if there is one
//! (contract section 2).

use serde_json::json;

use partbook_test_support::body::with;
use partbook_test_support::contract::{
    Entity, RAM_SPEC, RAM_UNDETERMINED, STORAGE_PROFILE, STORAGE_UNDETERMINED, catalog,
};
use partbook_test_support::{Method, Service, backends};

fn entities() -> impl Iterator<Item = &'static Entity> {
    catalog().into_iter().filter(|entity| entity.get_or_create)
}

async fn count(service: &Service, entity: &Entity) -> usize {
    service.get(&format!("{}?limit=1000", entity.path)).await.expect(200).array().len()
}

backends!(an_equal_body_answers_the_row_unchanged: Sqlite, Postgres, Legacy);
async fn an_equal_body_answers_the_row_unchanged(service: Service) {
    for entity in entities() {
        for body in [(entity.full)(1), (entity.minimal)(1)] {
            let first = service.post(entity.path, &body).await.expect(201);
            let row = first.json();
            let mut other = body.clone();
            other["label"] = json!("another label");
            other["notes"] = json!("other notes");
            other["attributes"] = json!({"other": true});
            for body in [&body, &other] {
                let again = service.post(entity.path, body).await.expect(201);
                assert_eq!(again.json(), row);
                assert_eq!(again.header("location"), first.header("location"));
            }
            assert_eq!(service.get(&entity.at(&row["id"])).await.expect(200).json(), row);
        }
        assert_eq!(count(&service, entity).await, 2);
    }
}

backends!(a_difference_in_one_field_makes_a_row: Sqlite, Postgres, Legacy);
async fn a_difference_in_one_field_makes_a_row(service: Service) {
    let differences = |entity: &Entity| match entity.name {
        "ram_spec" => vec![
            json!({"ddr_generation": "ddr4"}),
            json!({"ddr_generation": null}),
            json!({"speed_mhz": 5000}),
            json!({"speed_mhz": 0}),
            json!({"speed_mhz": null}),
            json!({"module_count": 4}),
            json!({"module_count": null}),
            json!({"capacity_per_module_gb": 8}),
            json!({"capacity_per_module_gb": null}),
            json!({"total_capacity_gb": 48}),
        ],
        _ => vec![
            json!({"medium": "hdd"}),
            json!({"medium": null}),
            json!({"interface": "pcie 4.0 x4"}),
            json!({"interface": null}),
            json!({"form_factor": "M.2 2230"}),
            json!({"form_factor": ""}),
            json!({"capacity_gb": 4000}),
            json!({"performance_tier": "Enthusiast"}),
            json!({"performance_tier": null}),
        ],
    };
    for entity in entities() {
        service.created(entity.path, &(entity.full)(1)).await;
        for (n, difference) in differences(entity).into_iter().enumerate() {
            let mut body = (entity.full)(1);
            body.as_object_mut().expect("an object").extend(difference.as_object().expect("an object").clone());
            let row = service.created(entity.path, &body).await;
            assert_eq!(count(&service, entity).await, n + 2, "{difference}");
            // And is found again, nulls and all.
            assert_eq!(service.created(entity.path, &body).await, row, "{difference}");
            assert_eq!(count(&service, entity).await, n + 2, "{difference}");
        }
    }
}

backends!(an_answer_says_whether_the_row_was_there: Sqlite, Postgres, Legacy);
async fn an_answer_says_whether_the_row_was_there(service: Service) {
    for entity in catalog() {
        let body = (entity.full)(1);
        let first = service.post(entity.path, &body).await.expect(201);
        assert_eq!(first.header("partbook-existing"), None, "{}", entity.name);
        if !entity.get_or_create {
            continue;
        }
        let record = json!({"fields": body});
        let records = format!("/v1/fields-data/{}/records", entity.name);
        for (path, body) in [(entity.path, &body), (&records, &record)] {
            let again = service.post(path, body).await.expect(201);
            assert_eq!(again.header("partbook-existing"), Some("true"), "{path}");
            assert_eq!(again.header("location"), first.header("location"));
        }
        let changed = service.put(&entity.at(&first.json()["id"]), &body).await.expect(200);
        assert_eq!(changed.header("partbook-existing"), None);
    }
}

backends!(a_repeated_request_says_the_same_of_the_row);
async fn a_repeated_request_says_the_same_of_the_row(service: Service) {
    for entity in entities() {
        let body = (entity.full)(1);
        for (key, existing) in [("one", None), ("other", Some("true"))] {
            for _ in 0..2 {
                let request = service.request(Method::POST, entity.path).header("idempotency-key", key);
                let answer = request.json(&body).send().await.expect(201);
                assert_eq!(answer.header("partbook-existing"), existing, "{key} of {}", entity.name);
            }
        }
    }
}

backends!(the_key_is_compared_as_it_is_stored: Sqlite, Postgres, Legacy);
async fn the_key_is_compared_as_it_is_stored(service: Service) {
    let full = (STORAGE_PROFILE.full)(1);
    let row = service.created(STORAGE_PROFILE.path, &full).await;
    for (field, value) in [
        ("medium", json!("NVMe M.2")),
        ("interface", json!("  PCIe 4.0 x4 ")),
        ("form_factor", json!("M.2 2280\n")),
        ("performance_tier", json!(" enthusiast")),
    ] {
        assert_eq!(service.created(STORAGE_PROFILE.path, &with(full.clone(), field, value)).await, row, "{field}");
    }
    let row = service.create(&STORAGE_PROFILE, 5).await;
    for blank in ["", "  "] {
        let body = with(with((STORAGE_PROFILE.minimal)(5), "interface", blank), "performance_tier", blank);
        assert_eq!(service.created(STORAGE_PROFILE.path, &body).await, row);
    }
    // The total is derived before the comparison.
    let row = service.created(RAM_SPEC.path, &json!({"module_count": 2, "capacity_per_module_gb": 16})).await;
    let body =
        json!({"module_count": 2, "capacity_per_module_gb": 16, "total_capacity_gb": 32, "ddr_generation": "UNKNOWN"});
    assert_eq!(service.created(RAM_SPEC.path, &body).await, row);
}

backends!(of_duplicates_by_another_program_the_lowest_id_is_answered: Legacy);
async fn of_duplicates_by_another_program_the_lowest_id_is_answered(service: Service) {
    service
        .sql(
            "insert into ram_spec (id, label, ddr_generation, total_capacity_gb, attributes_json) values
                 (8, 'late', 'ddr4', 16, '{}'), (7, 'early', 'ddr4', 16, '{}'), (9, 'last', 'ddr4', 16, '{}');
             insert into storage_profile (id, label, medium, capacity_gb, attributes_json) values
                 (8, 'late', 'hdd', 500, '{}'), (7, 'early', 'hdd', 500, '{}');",
        )
        .await;
    for (entity, body) in [
        (&RAM_SPEC, json!({"ddr_generation": "ddr4", "total_capacity_gb": 16})),
        (&STORAGE_PROFILE, json!({"medium": "hdd", "capacity_gb": 500})),
    ] {
        assert_eq!(service.created(entity.path, &body).await["id"], 7);
        // They stay editable while their key stays.
        for id in [7, 8] {
            let path = entity.at(&json!(id));
            let mut row = service.patch(&path, &json!({"notes": "seen"})).await.expect(200).json();
            assert_eq!(row["notes"], "seen");
            row["notes"] = json!("seen again");
            assert_eq!(service.put(&path, &row).await.expect(200).json()["notes"], "seen again");
        }
    }
}

backends!(without_a_capacity_nothing_is_determined: Sqlite, Postgres, Legacy);
async fn without_a_capacity_nothing_is_determined(service: Service) {
    for (entity, text, bodies) in [
        (
            &RAM_SPEC,
            RAM_UNDETERMINED,
            vec![
                json!({}),
                json!({"ddr_generation": "ddr5", "speed_mhz": 5600, "label": "Kit"}),
                json!({"module_count": 2}),
                json!({"capacity_per_module_gb": 16}),
                json!({"capacity_per_module_gb": 16, "module_count": null, "total_capacity_gb": null}),
            ],
        ),
        (
            &STORAGE_PROFILE,
            STORAGE_UNDETERMINED,
            vec![json!({}), json!({"medium": "nvme", "interface": "SATA", "label": "x"}), json!({"capacity_gb": null})],
        ),
    ] {
        let row = service.create(entity, 1).await;
        for body in bodies {
            assert_eq!(service.post(entity.path, &body).await.problem(422).detail, text, "{body}");
            assert_eq!(service.put(&entity.at(&row["id"]), &body).await.problem(422).detail, text, "{body}");
        }
        assert_eq!(service.get(entity.path).await.expect(200).array(), [row]);
    }
}
