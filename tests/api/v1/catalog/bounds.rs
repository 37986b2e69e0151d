//! How large a row may become, by one step or by many (contract section 6).

use serde_json::{Value, json};

use partbook_test_support::contract::{LISTING, PORTS_PROFILE, RAM_SPEC};
use partbook_test_support::{Service, backends};

fn ports(n: usize) -> Value {
    let ports: Vec<_> = (0..n).map(|n| json!({"type": format!("port {n}")})).collect();
    json!({"name": "Many ports", "ports": ports})
}

backends!(arrays_hold_so_many_items_and_no_more);
async fn arrays_hold_so_many_items_and_no_more(service: Service) {
    let row = service.created(PORTS_PROFILE.path, &ports(256)).await;
    let path = PORTS_PROFILE.at(&row["id"]);
    for answer in [
        service.post(PORTS_PROFILE.path, &ports(257)).await,
        service.put(&path, &ports(257)).await,
        service.patch(&path, &ports(257)).await,
    ] {
        let problem = answer.problem(422);
        assert_eq!(problem.at("#/ports").detail, "must have at most 256 items");
        assert_eq!(problem.at("#/ports").code, "length");
    }
    for (field, item, max) in [("other_urls", json!("http://a.example"), 100), ("other_components", json!("x"), 1_000)]
    {
        let body = |n: usize| json!({"title": "t", "price_usd": 1, field: vec![item.clone(); n]});
        service.created(LISTING.path, &body(max)).await;
        let problem = service.post(LISTING.path, &body(max + 1)).await.problem(422);
        assert_eq!(problem.at(&format!("#/{field}")).detail, format!("must have at most {max} items"));
    }
}

backends!(a_row_does_not_grow_by_small_steps);
async fn a_row_does_not_grow_by_small_steps(service: Service) {
    let row = service.create(&RAM_SPEC, 1).await;
    let path = RAM_SPEC.at(&row["id"]);
    let text = "x".repeat(300_000);
    let mut made = 0;
    for step in 0..6 {
        let answer = service.patch(&path, &json!({"attributes": {format!("k{step}"): text}})).await;
        if answer.status == 200 {
            made += 1;
        } else {
            let problem = answer.problem(422);
            assert_eq!(problem.at("#").code, "length");
            assert!(problem.detail.contains("at most 1048576 can be stored"), "{}", problem.detail);
        }
    }
    assert_eq!(made, 3);
    // What another program made larger stays editable, and may shrink.
    let large = format!(r#"{{"big": "{}"}}"#, "y".repeat(2_000_000));
    service.sql(&format!("update ram_spec set attributes_json = '{large}'")).await;
    service.patch(&path, &json!({"notes": "still editable"})).await.expect(200);
    service.patch(&path, &json!({"attributes": {"more": "z"}})).await.problem(422);
    let shrunk = service.patch(&path, &json!({"attributes": {"big": "small"}})).await.expect(200).json();
    assert_eq!(shrunk["attributes"], json!({"big": "small"}));
}

backends!(members_are_counted_in_what_results: Sqlite, Postgres);
async fn members_are_counted_in_what_results(service: Service) {
    let members = |n: usize| (0..n).map(|n| (format!("k{n}"), json!(0))).collect::<serde_json::Map<_, _>>();
    let body = |n| json!({"capacity_per_module_gb": 8, "module_count": 1, "attributes": members(n)});
    let row = service.created(RAM_SPEC.path, &body(10_000)).await;
    let path = RAM_SPEC.at(&row["id"]);
    let problem = service.patch(&path, &json!({"attributes": {"one more": 0}})).await.problem(422);
    assert_eq!(problem.at("#/attributes").code, "length");
    service.patch(&path, &json!({"attributes": {"one more": 0, "k1": null}})).await.expect(200);
    service
        .post(RAM_SPEC.path, &json!({"capacity_per_module_gb": 9, "module_count": 1, "attributes": members(10_001)}))
        .await
        .problem(422);
}

// Answers show them twice, and may be sent back so.
backends!(a_row_with_the_most_values_can_be_sent_back: Sqlite, Postgres);
async fn a_row_with_the_most_values_can_be_sent_back(service: Service) {
    let body =
        |n: usize| json!({"capacity_per_module_gb": 8, "module_count": 1, "attributes": {"a": vec![json!(0); n]}});
    let row = service.created(RAM_SPEC.path, &body(19_999)).await;
    let path = RAM_SPEC.at(&row["id"]);
    assert_eq!(service.put(&path, &row).await.expect(200).json(), row);
    assert_eq!(service.patch(&path, &row).await.expect(200).json(), row);
    for answer in [
        service.put(&path, &body(20_000)).await,
        service.patch(&path, &body(20_000)).await,
        service.patch(&path, &json!({"attributes": {"b": 0}})).await,
    ] {
        let problem = answer.problem(422);
        assert_eq!(problem.at("#/attributes").code, "length");
        assert!(problem.detail.contains("at most 20000 values"), "{}", problem.detail);
    }
}
