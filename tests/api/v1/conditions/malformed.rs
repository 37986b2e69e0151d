//! A change whose condition cannot be read is not made (contract section 6).

use serde_json::json;

use super::{CHANGES, STALE, change, full, stored, tag_now};
use partbook_test_support::contract::{CPU, entities};
use partbook_test_support::{Method, Service, backends};

/// What is neither `*` nor a list of entity tags; `T` stands for the tag of the row.
const MALFORMED: &[&str] = &[
    "",
    " ",
    ",",
    ", ,",
    "x",
    "\"",
    "T\"",
    "\"T",
    "bare",
    "'bare'",
    "w/T",
    "W/",
    "W/bare",
    "W /T",
    "W/ T",
    "w/bare",
    "W/W/T",
    "TT",
    "T T",
    "T;T",
    "T,T T",
    "T, nonsense",
    "nonsense, T",
    "T, *",
    "*, T",
    "**",
    "*,*",
    "W/*",
    "\"a b\"",
    "T, \"a b\"",
    "\"a\tb\"",
];

backends!(what_is_no_tag_is_refused: Sqlite);
async fn what_is_no_tag_is_refused(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let tag = tag_now(&service, &path).await;
        let before = stored(&service, entity).await;
        let bare = tag.trim_matches('"');
        for name in ["If-Match", "If-None-Match"] {
            for text in MALFORMED {
                let value = text.replace("bare", bare).replace('T', &tag);
                for method in CHANGES {
                    let answer = change(&service, entity, &method, &path, 2).header(name, &value).send().await;
                    let problem = answer.problem(400);
                    assert!(problem.detail.contains(name), "{}", problem.detail);
                    assert!(problem.json.get("current").is_none() && answer.header("etag").is_none(), "{value}");
                }
            }
            for values in [&["*", "*"][..], &["*", &tag], &[&tag, "nonsense"], &["nonsense", &tag]] {
                for method in CHANGES {
                    let request = change(&service, entity, &method, &path, 2);
                    let request = values.iter().fold(request, |request, value| request.header(name, value));
                    request.send().await.problem(400);
                }
            }
        }
        assert_eq!(stored(&service, entity).await, before, "{}", entity.name);
    }
}

backends!(one_bad_condition_beside_a_good_one_is_refused: Sqlite);
async fn one_bad_condition_beside_a_good_one_is_refused(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let tag = tag_now(&service, &path).await;
        for method in CHANGES {
            for (good, bad) in [("If-Match", "If-None-Match"), ("If-None-Match", "If-Match")] {
                let value = if good == "If-Match" { &tag } else { STALE };
                let request = change(&service, entity, &method, &path, 2).header(good, value);
                let problem = request.header(bad, "nonsense").send().await.problem(400);
                assert!(problem.detail.contains(bad), "{}", problem.detail);
            }
        }
        assert_eq!(tag_now(&service, &path).await, tag);
    }
}

// A tag may hold bytes beyond ASCII (RFC 9110, section 8.8.3: obs-text); ours never does.
backends!(bytes_beyond_ascii_are_part_of_a_tag_and_nothing_else: Sqlite);
async fn bytes_beyond_ascii_are_part_of_a_tag_and_nothing_else(service: Service) {
    let path = full(&service, &CPU, 1).await;
    let tag = tag_now(&service, &path).await;
    for (value, status) in [
        ("\"ü\"", 412),
        (&format!("\"ü\", {tag}"), 200),
        ("ü", 400),
        (&format!("{tag}ü"), 400),
        (&format!("ü{tag}"), 400),
        (&format!("“{tag}”"), 400),
    ] {
        let request = service.request(Method::PATCH, &path).header("If-Match", value);
        request.json(&json!({"notes": "changed"})).send().await.expect(status);
    }
    service.request(Method::DELETE, &path).header("If-Match", &tag).send().await.problem(412);
}

backends!(tags_as_other_services_write_them_are_read: Sqlite);
async fn tags_as_other_services_write_them_are_read(service: Service) {
    let path = full(&service, &CPU, 1).await;
    for value in ["\"xyzzy\", \"r2d2xxxx\", \"c3piozzzz\"", "W/\"xyzzy\"", "\"\"", "\"a\\\"", "\"W/\"", "\"#!~'{}\""] {
        for name in ["If-Match", "If-None-Match"] {
            let request = change(&service, &CPU, &Method::PATCH, &path, 2).header(name, value);
            request.send().await.expect(if name == "If-Match" { 412 } else { 200 });
        }
    }
}
