//! `search` (contract section 3).

use serde_json::{Value, json};

use super::rows::ids;
use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, GPU, Kind, PORTS_PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Service, backends, query};

async fn found(service: &Service, entity: &Entity, search: &str) -> Vec<i64> {
    let path = query(entity.path, &[("search", search), ("sort", "id")]);
    ids(&service.get(&path).await.expect(200).array())
}

/// The fields of an entity that hold free text.
fn texts(entity: &Entity) -> impl Iterator<Item = &'static str> {
    entity.limits().filter(|limit| limit.kind == Kind::Text).map(|limit| limit.field)
}

backends!(these_fields_are_searched_and_no_others);
async fn these_fields_are_searched_and_no_others(service: Service) {
    for entity in catalog() {
        for (n, field) in (1..).zip(texts(entity)) {
            let body = with((entity.full)(n), field, format!("x needle{n}x"));
            let row = service.created(entity.path, &body).await;
            let expected =
                if entity.search.contains(&field) { vec![row["id"].as_i64().expect("an id")] } else { vec![] };
            assert_eq!(found(&service, entity, &format!("needle{n}x")).await, expected, "{field} of {}", entity.name);
        }
        let row =
            service.created(entity.path, &with((entity.full)(90), "attributes", json!({"needle99": "needle99"}))).await;
        assert!(!found(&service, entity, "needle99").await.contains(&row["id"].as_i64().expect("an id")));
    }
}

backends!(numbers_words_and_sizes_are_searched);
async fn numbers_words_and_sizes_are_searched(service: Service) {
    let ram = [
        service
            .created(RAM_SPEC.path, &json!({"ddr_generation": "lpddr5x", "total_capacity_gb": 1024, "label": "a"}))
            .await,
        service.created(RAM_SPEC.path, &json!({"ddr_generation": "ddr5", "total_capacity_gb": 24, "label": "b"})).await,
        service.created(RAM_SPEC.path, &json!({"speed_mhz": 1024, "total_capacity_gb": 7, "label": "c"})).await,
    ];
    let drives = [
        service.created(STORAGE_PROFILE.path, &json!({"medium": "sata_ssd", "capacity_gb": 2000, "label": "a"})).await,
        service.created(STORAGE_PROFILE.path, &json!({"medium": "hdd", "capacity_gb": 12000, "label": "b"})).await,
        service.created(STORAGE_PROFILE.path, &json!({"medium": "unknown", "capacity_gb": 5, "label": "c"})).await,
    ];
    for (entity, rows, search, places) in [
        (&RAM_SPEC, &ram, "24", vec![0, 1]),
        (&RAM_SPEC, &ram, "1024", vec![0]),
        (&RAM_SPEC, &ram, "DDR5", vec![0, 1]),
        (&RAM_SPEC, &ram, "lpddr", vec![0]),
        (&RAM_SPEC, &ram, "Unknown", vec![2]),
        (&RAM_SPEC, &ram, "1tb", vec![0]),
        (&RAM_SPEC, &ram, "ddr5 24 GB", vec![1]),
        (&RAM_SPEC, &ram, "24gb lpddr", vec![]),
        (&STORAGE_PROFILE, &drives, "2000", vec![0, 1]),
        (&STORAGE_PROFILE, &drives, "12000", vec![1]),
        (&STORAGE_PROFILE, &drives, "SATA_SSD", vec![0]),
        (&STORAGE_PROFILE, &drives, "sata ssd", vec![0]),
        (&STORAGE_PROFILE, &drives, "ssd 2TB", vec![0]),
        (&STORAGE_PROFILE, &drives, "12 tb", vec![1]),
        (&STORAGE_PROFILE, &drives, "0.005tb", vec![2]),
        (&STORAGE_PROFILE, &drives, "nown", vec![2]),
    ] {
        let expected: Vec<Value> = places.into_iter().map(|place: usize| rows[place]["id"].clone()).collect();
        assert_eq!(found(&service, entity, search).await, expected, "{search}");
    }
}

backends!(a_machine_is_found_as_people_call_it);
async fn a_machine_is_found_as_people_call_it(service: Service) {
    let gpu = json!({"name": "GeForce RTX 4090", "manufacturer": "NVIDIA"});
    let gpu = service.created(GPU.path, &gpu).await["id"].as_i64().expect("an id");
    for search in ["nvidia 4090", "RTX4090", "geforce-rtx nvidia", "4090"] {
        assert_eq!(found(&service, &GPU, search).await, [gpu], "{search}");
    }
    for search in ["nvidia 4080", "4090nvidia", "nvidiageforce"] {
        assert_eq!(found(&service, &GPU, search).await, [0; 0], "{search}");
    }
    let ports = json!({"name": "Back", "ports": [{"type": "USB-C"}, {"type": "HDMI"}]});
    let ports = service.created(PORTS_PROFILE.path, &ports).await["id"].as_i64().expect("an id");
    for search in ["usb c", "USBC hdmi", "back hdmi", "-"] {
        assert_eq!(found(&service, &PORTS_PROFILE, search).await, [ports], "{search}");
    }
    assert_eq!(found(&service, &PORTS_PROFILE, "usbc displayport").await, [0; 0]);
}

backends!(case_matters_beyond_ascii_only);
async fn case_matters_beyond_ascii_only(service: Service) {
    for entity in catalog() {
        let field = texts(entity).find(|field| entity.search.contains(field)).expect("a text is searched");
        let mut rows = Vec::new();
        for (n, text) in (1..).zip(["Zen Émile", "zEN émile", "stra\u{df}e", "\u{212a}elvin", "e\u{301}", "İi"]) {
            let row = service.created(entity.path, &with((entity.full)(n), field, text)).await;
            rows.push(row["id"].as_i64().expect("an id"));
        }
        for (search, places) in [
            ("zen", vec![0, 1]),
            ("ZEN É", vec![0]),
            ("n É", vec![0]),
            ("émile", vec![1]),
            ("MILE", vec![0, 1]),
            ("strasse", vec![]),
            ("STRA", vec![2]),
            ("straSSe", vec![]),
            ("STRA\u{1e9e}E", vec![]),
            ("kelvin", vec![]),
            ("ELVIN", vec![3]),
            ("\u{301}", vec![4]),
            ("İI", vec![5]),
            ("ii", vec![]),
        ] {
            let expected: Vec<i64> = places.into_iter().map(|place: usize| rows[place]).collect();
            assert_eq!(found(&service, entity, search).await, expected, "{search}");
        }
    }
}

backends!(a_search_is_trimmed_and_may_be_empty);
async fn a_search_is_trimmed_and_may_be_empty(service: Service) {
    for entity in catalog() {
        let field = texts(entity).find(|field| entity.search.contains(field)).expect("a text is searched");
        let mut rows = Vec::new();
        for (n, text) in (1..).zip(["one two", "onetwo"]) {
            let row = service.created(entity.path, &with((entity.full)(n), field, text)).await;
            rows.push(row["id"].as_i64().expect("an id"));
        }
        for search in ["", " ", " \t ", "one", " one ", "\nONE\t"] {
            assert_eq!(found(&service, entity, search).await, rows, "{search:?}");
        }
        for search in [" one two ", "one  two", "two\u{3000}ONE", "onetwo", "one-two", "one two one"] {
            assert_eq!(found(&service, entity, search).await, rows, "{search:?}");
        }
        assert_eq!(found(&service, entity, "one three").await, rows[..0]);
    }
}

backends!(a_search_is_bounded: Sqlite);
async fn a_search_is_bounded(service: Service) {
    let words = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
    for entity in catalog() {
        for search in ["a".repeat(1_000), "%_".repeat(500), "é".repeat(1_000), "- ".repeat(500), words(64)] {
            assert_eq!(found(&service, entity, &search).await, [0_i64; 0], "{search}");
        }
        for (search, allowed) in
            [("a".repeat(1_001), "1000 characters"), ("%".repeat(10_000), "1000 characters"), (words(65), "64 words")]
        {
            let problem = service.get(&query(entity.path, &[("search", &search)])).await.problem(422);
            assert_eq!((problem.places(), problem.at("search").code.as_str()), (vec!["search"], "length"));
            assert!(problem.at("search").detail.contains(allowed), "{}", problem.detail);
        }
    }
}
