//! A parameter that is unknown or malformed is refused by its name (contract section 3).

use std::slice::from_ref;

use super::rows::scalars;
use partbook_test_support::contract::{Kind, RAM_SPEC, catalog};
use partbook_test_support::{Service, backends, query};

backends!(unknown_parameters_are_refused_with_those_there_are: Sqlite);
async fn unknown_parameters_are_refused_with_those_there_are(service: Service) {
    for entity in catalog() {
        for (parameter, value) in [
            ("nonsense", "1"),
            ("q", "zen"),
            ("page", "2"),
            ("Limit", "2"),
            ("attributes", "{}"),
            ("attributes_json", "{}"),
            ("weights_json", "1"),
            ("ports", "1"),
            ("min_name", "a"),
            ("max_notes", "a"),
            ("min_nonsense", "1"),
            ("min_limit", "1"),
            ("price_target_good", "1"),
            ("", "1"),
        ] {
            let problem = service.get(&format!("{}?{parameter}={value}", entity.path)).await.problem(422);
            assert_eq!(problem.places(), [parameter], "{}", entity.name);
            let said = &problem.at(parameter).detail;
            for known in ["limit", "offset", "sort", "search"] {
                assert!(said.contains(known), "{said}");
            }
        }
    }
}

backends!(limit_and_offset_have_their_bounds: Sqlite);
async fn limit_and_offset_have_their_bounds(service: Service) {
    for entity in catalog() {
        for limit in ["0", "1001", "-1", "abc", "", "1.5", "1e2", "+5", "99999999999999999999", "%205", "null"] {
            let problem = service.get(&format!("{}?limit={limit}", entity.path)).await.problem(422);
            assert_eq!(problem.places(), ["limit"], "{limit}");
            let detail = &problem.at("limit").detail;
            assert!(detail.contains('1') && detail.contains("1000"), "{detail}");
        }
        for offset in ["-1", "abc", "", "1.5", "99999999999999999999999"] {
            let problem = service.get(&format!("{}?offset={offset}", entity.path)).await.problem(422);
            assert_eq!(problem.places(), ["offset"], "{offset}");
        }
        for fine in ["limit=1", "limit=1000", "offset=0", "limit=1&offset=2147483647", "limit=1000&offset=5"] {
            assert!(service.get(&format!("{}?{fine}", entity.path)).await.expect(200).array().is_empty());
        }
    }
}

backends!(sort_names_fields_that_have_an_order: Sqlite);
async fn sort_names_fields_that_have_an_order(service: Service) {
    for entity in catalog() {
        for sort in ["nonsense", "-nonsense", "name;", "--id", "+id", "id,nonsense", "id,,created_at", "ID"]
            .into_iter()
            .chain(["attributes", "attributes_json", "weights_json", "ports", "id desc", "1", "(select 1)"])
        {
            let problem = service.get(&format!("{}?sort={sort}", entity.path)).await.problem(422);
            assert_eq!(problem.places(), ["sort"], "{sort}");
            let detail = &problem.at("sort").detail;
            for field in scalars(entity).map(|limit| limit.field).chain(["id", "created_at", "updated_at"]) {
                assert!(detail.contains(field), "{detail}");
            }
        }
    }
}

backends!(filters_of_the_wrong_type_are_refused: Sqlite);
async fn filters_of_the_wrong_type_are_refused(service: Service) {
    for entity in catalog() {
        for limit in scalars(entity) {
            let field = limit.field;
            let (parameters, values): (Vec<String>, &[&str]) = match limit.kind {
                Kind::Integer => (
                    vec![field.to_owned(), format!("min_{field}"), format!("max_{field}")],
                    &["abc", "", "1.5", "8.0", "1,2", "0x10", "+5", "%2B5", "99999999999999999999"],
                ),
                Kind::Boolean => (vec![field.to_owned()], &["maybe", "", "2"]),
                Kind::Choice(_) => (vec![field.to_owned()], &["floppy", ""]),
                _ => continue,
            };
            for parameter in &parameters {
                for value in values {
                    let problem = service.get(&format!("{}?{parameter}={value}", entity.path)).await.problem(422);
                    assert_eq!(problem.places(), [parameter.as_str()], "{value}");
                }
            }
            if let Kind::Choice(words) = limit.kind {
                let problem = service.get(&format!("{}?{field}=floppy", entity.path)).await.problem(422);
                let detail = &problem.at(field).detail;
                assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
            }
        }
    }
    let problem = service.get(&format!("{}?generation=ddr9", RAM_SPEC.path)).await.problem(422);
    assert_eq!(problem.places(), ["generation"]);
    let problem = service.get(&format!("{}?min_capacity_gb=x", RAM_SPEC.path)).await.problem(422);
    assert_eq!(problem.places(), ["min_capacity_gb"]);
}

backends!(all_faults_of_a_query_are_reported: Sqlite);
async fn all_faults_of_a_query_are_reported(service: Service) {
    for entity in catalog() {
        let query = "limit=0&offset=-1&sort=nonsense&first=1&second=2";
        let problem = service.get(&format!("{}?{query}", entity.path)).await.problem(422);
        let mut places = problem.places();
        places.sort_unstable();
        assert_eq!(places, ["first", "limit", "offset", "second", "sort"]);
        for fault in problem.json["errors"].as_array().expect("an array") {
            assert!(fault["parameter"].is_string() && fault.get("pointer").is_none(), "{fault}");
        }
    }
}

backends!(a_query_that_is_no_utf_8_is_no_fault_of_the_service: Sqlite);
async fn a_query_that_is_no_utf_8_is_no_fault_of_the_service(service: Service) {
    for entity in catalog() {
        for query in [
            "search=%ff",
            "search=%zz",
            "search=%",
            "%ff=1",
            "&&",
            "=",
            "search",
            "search=a&search=b",
            "limit=1&limit=2",
            "offset=1&offset=2",
            "sort=id&sort=-id",
            "sort=id,-id",
            "sort=",
            "cursor=x",
            "limit",
        ] {
            let answer = service.get(&format!("{}?{query}", entity.path)).await;
            assert!([200, 400, 422].contains(&answer.status), "{query}: {}", answer.status);
            if answer.status != 200 {
                answer.problem(answer.status);
            }
        }
        service.get(&format!("{}?", entity.path)).await.expect(200);
    }
}

backends!(very_many_parameters_are_no_fault_of_the_service);
async fn very_many_parameters_are_no_fault_of_the_service(service: Service) {
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        // Databases limit the depth of expressions, the number of sort keys and the length of patterns.
        for limit in scalars(entity).filter(|limit| !matches!(limit.kind, Kind::Boolean)) {
            let field = limit.field;
            let value = row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned);
            let parameters: Vec<(&str, &str)> = (0..1_500).map(|_| (field, value.as_str())).collect();
            let path = query(entity.path, &parameters);
            if path.len() < 50_000 {
                assert_eq!(service.get(&path).await.expect(200).array(), from_ref(&row), "{field}");
            }
        }
        for field in ["id", "created_at", "-id"] {
            let answer = service.get(&format!("{}?sort={}", entity.path, vec![field; 3_000].join(","))).await;
            assert!([200, 422].contains(&answer.status), "{}", answer.status);
        }
    }
}
