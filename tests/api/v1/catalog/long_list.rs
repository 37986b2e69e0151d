//! A long list is answered whole (contract section 3).

use std::collections::BTreeSet;

use partbook_test_support::contract::{PORTS_PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Method, Service, backends};

const ROWS: usize = 5_000;

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
