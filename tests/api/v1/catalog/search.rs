//! `search` (contract section 3).

use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::rows::ids;
use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, GPU, Kind, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Service, backends, property, query};

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

backends!(numbers_and_words_are_searched_as_they_are_written);
async fn numbers_and_words_are_searched_as_they_are_written(service: Service) {
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
        (&STORAGE_PROFILE, &drives, "2000", vec![0, 1]),
        (&STORAGE_PROFILE, &drives, "12000", vec![1]),
        (&STORAGE_PROFILE, &drives, "SATA_SSD", vec![0]),
        (&STORAGE_PROFILE, &drives, "sata ssd", vec![]),
        (&STORAGE_PROFILE, &drives, "nown", vec![2]),
    ] {
        let expected: Vec<Value> = places.into_iter().map(|place: usize| rows[place]["id"].clone()).collect();
        assert_eq!(found(&service, entity, search).await, expected, "{search}");
    }
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
        assert_eq!(found(&service, entity, " one two ").await, rows[..1]);
        assert_eq!(found(&service, entity, "one  two").await, rows[..0]);
    }
}

/// Texts over characters that mean something to SQL, to `LIKE`, to regular expressions or to URLs.
fn awkward() -> impl Strategy<Value = String> {
    let letters: Vec<char> = "%_\\'\"aAbéÉ.*?[(+& #;-$1".chars().collect();
    proptest::collection::vec(select(letters), 0..4).prop_map(String::from_iter)
}

backends!(every_character_is_plain);
async fn every_character_is_plain(service: Service) {
    let mut runner = TestRunner::deterministic();
    let mut names = Vec::new();
    for n in 0..60 {
        let text = awkward().new_tree(&mut runner).expect("a text");
        let name = format!("{}~{n}", text.current());
        service.created(GPU.path, &json!({"name": name, "manufacturer": "~"})).await;
        names.push(name);
    }
    property(service, 192, awkward, async move |service: &Service, search| {
        let needle = search.trim().to_ascii_lowercase();
        let expected: Vec<&String> = names.iter().filter(|name| name.to_ascii_lowercase().contains(&needle)).collect();
        let path = query(GPU.path, &[("search", search.as_str()), ("sort", "id")]);
        let rows = service.get(&path).await.expect(200).array();
        let found: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
        assert_eq!(found, expected, "{search:?}");
    })
    .await;
}
