//! A long list is answered whole (contract section 3).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, PORTS_PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Method, Service, backends};

const ROWS: usize = 5_000;

// Rows are read in portions, by as many as fit. After many short ones come long ones.
backends!(rows_of_any_size_are_answered_once_and_in_order);
async fn rows_of_any_size_are_answered_once_and_in_order(service: Service) {
    service.fill(&CPU, 500).await;
    let is_sqlite = service.database().url().starts_with("sqlite");
    let text = if is_sqlite { "printf('%.*c', 30000, 'x')" } else { "repeat('x', 30000)" };
    service.sql(&format!("update cpu set notes = {text} where id > 130 and id % 3 = 0")).await;
    service.sql("update cpu set cores = id % 7 where id % 5 > 0").await;
    let names = async |query: &str, skipped: usize, rows: usize| {
        let all = service.get(&format!("{}{query}", CPU.path)).await.expect(200);
        let rows: Vec<String> = match all.json() {
            Value::Array(found) => {
                assert_eq!(found.len(), rows, "{query}");
                found.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
            }
            other => panic!("{other}"),
        };
        let order = "order by case when cores is null then 1 else 0 end, cores desc, name limit 1000";
        let by = if query.contains("cores") { order } else { "order by name limit 1000" };
        let expected = service.rows(&format!("select name from cpu {by} offset {skipped}")).await;
        let expected: Vec<String> = expected.into_iter().flatten().flatten().take(rows.len()).collect();
        assert_eq!(rows, expected, "{query}");
        all
    };
    names("", 0, 500).await;
    names("?sort=-cores,name", 0, 500).await;
    let page = names("?sort=-cores,name&limit=300&offset=50", 50, 300).await;
    assert!(page.header("link").is_some_and(|link| link.contains("rel=\"next\"")), "{:?}", page.headers);
    let page = names("?limit=200&offset=300", 300, 200).await;
    assert!(page.header("link").is_some_and(|link| !link.contains("rel=\"next\"")), "{:?}", page.headers);
    let records = service.get("/v1/fields-data/cpu/records?limit=200&offset=300").await.expect(200).json();
    assert_eq!(records["records"].as_array().map(Vec::len), Some(200));
    assert_eq!(records["pagination"], json!({"total": 500, "limit": 200, "offset": 300}));
}

backends!(every_row_is_answered_once);
async fn every_row_is_answered_once(service: Service) {
    for entity in catalog() {
        service.fill(entity, ROWS).await;
        if entity.name == PORTS_PROFILE.name {
            let ports = "select id, 'usb' from ports_profile union all select id, 'hdmi' from ports_profile";
            service.sql(&format!("insert into port (ports_profile_id, type) {ports}")).await;
        }
        if entity.default_limit.is_some() {
            continue;
        }
        let rows = service.get(entity.path).await.expect(200).array();
        assert_eq!(rows.len(), ROWS, "{}", entity.name);
        let ids: BTreeSet<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
        assert_eq!(ids.len(), ROWS);
        let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
        assert!(names.is_sorted(), "by code point, for these names");
        if entity.name == PORTS_PROFILE.name {
            assert!(rows.iter().all(|row| row["ports"].as_array().is_some_and(|ports| ports.len() == 2)));
        }
        assert!(service.request(Method::HEAD, entity.path).send().await.expect(200).body.is_empty());
    }
    for entity in [&RAM_SPEC, &STORAGE_PROFILE] {
        let rows = service.get(&format!("{}?limit=1000&offset=4500", entity.path)).await.expect(200).array();
        assert_eq!(rows.len(), 500);
    }
}
