//! If-Match on a change: it is made of the version that is meant, and of no other (RFC 9110, section 13.1.1).

use serde_json::json;

use super::{CHANGES, STALE, change, done, full, stale, stored, tag, tag_now};
use partbook_test_support::contract::{CPU, Entity, LISTING, PORTS_PROFILE, entities};
use partbook_test_support::{Answer, Method, Service, backends};

/// A change with these If-Match headers.
async fn send(service: &Service, entity: &Entity, method: &Method, path: &str, values: &[&str], number: u32) -> Answer {
    let request = change(service, entity, method, path, number);
    values.iter().fold(request, |request, value| request.header("If-Match", value)).send().await
}

backends!(the_version_that_is_meant_is_changed);
async fn the_version_that_is_meant_is_changed(service: Service) {
    let mut number = 10;
    for entity in entities() {
        let mut path = full(&service, entity, 1).await;
        for method in CHANGES {
            // The tag in every place where it can stand.
            for around in
                ["{}", "*", " * ", "S, {}", "{},S", "W/S , {} ,", ", ,{}", "\"a,b\", {}", "S|{}", "{}|S", "S|S, {}"]
            {
                number += 1;
                let tag = tag_now(&service, &path).await;
                let text = around.replace("{}", &tag).replace('S', STALE);
                let values: Vec<&str> = text.split('|').collect();
                let answer = send(&service, entity, &method, &path, &values, number).await.expect(done(&method));
                if method == Method::DELETE {
                    assert_eq!(answer.header("etag"), None);
                    service.get(&path).await.problem(404);
                    path = full(&service, entity, number).await;
                } else {
                    assert_ne!(super::tag(&answer), tag, "{} {values:?}", entity.name);
                    assert_eq!(super::tag(&answer), tag_now(&service, &path).await);
                }
            }
        }
    }
}

backends!(another_version_is_not_changed);
async fn another_version_is_not_changed(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let old = tag_now(&service, &path).await;
        service.patch(&path, &json!({entity.note(): "changed meanwhile"})).await.expect(200);
        let row = service.get(&path).await.expect(200);
        let now = tag(&row);
        let bare = now.trim_matches('"');
        let before = stored(&service, entity).await;
        for method in CHANGES {
            for values in [
                &[&old[..]][..],
                &[STALE],
                &[STALE, &old],
                &[&format!("{STALE}, {old}")],
                // A weak tag says that two rows are as good as the same, which is too little.
                &[&format!("W/{now}")],
                &[&format!("W/{now}, {STALE}")],
                &["\"*\""],
                &["\"\""],
                &[&format!("\"{}\"", &bare[1..])],
                &[&format!("\"{bare} \"").replace(' ', "0")],
                &[&format!("\"{}\"", bare.to_ascii_uppercase())],
            ] {
                let answer = send(&service, entity, &method, &path, values, 2).await;
                stale(&answer, entity, &row);
            }
        }
        assert_eq!(stored(&service, entity).await, before, "{}", entity.name);
        // What the problem brought is what the client goes on with.
        let refused = send(&service, entity, &Method::PATCH, &path, &[&old], 2).await;
        send(&service, entity, &Method::PATCH, &path, &[&tag(&refused)], 2).await.expect(200);
    }
}

backends!(another_version_is_said_to_be_so_by_sql_too);
async fn another_version_is_said_to_be_so_by_sql_too(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let old = tag_now(&service, &path).await;
        service.sql(&format!("update {} set {} = 'by SQL'", entity.table, entity.note())).await;
        let row = service.get(&path).await.expect(200);
        for method in CHANGES {
            stale(&send(&service, entity, &method, &path, &[&old], 2).await, entity, &row);
        }
    }
    let path = full(&service, &PORTS_PROFILE, 20).await;
    let old = tag_now(&service, &path).await;
    service.sql("update port set count = 99").await;
    let row = service.get(&path).await.expect(200);
    for method in CHANGES {
        stale(&send(&service, &PORTS_PROFILE, &method, &path, &[&old], 2).await, &PORTS_PROFILE, &row);
    }
    let path = full(&service, &LISTING, 21).await;
    let old = tag_now(&service, &path).await;
    service.sql("update cpu set name = 'Renamed ' || id").await;
    let row = service.get(&path).await.expect(200);
    for method in CHANGES {
        stale(&send(&service, &LISTING, &method, &path, &[&old], 2).await, &LISTING, &row);
    }
}

backends!(the_current_row_is_shown_to_the_letter);
async fn the_current_row_is_shown_to_the_letter(service: Service) {
    const ATTRIBUTES: &str =
        r#"{"zeta":1.10,"alpha":12345678901234567890,"e":1e2,"null":null,"deep":{"b":[0.10,-0.0],"a":"\"Ü\" ✓"}}"#;
    for entity in entities().into_iter().filter(|entity| entity.name != "profile") {
        let mut body = (entity.minimal)(1).to_string();
        body.truncate(body.len() - 1);
        let body = format!("{body},\"attributes\":{ATTRIBUTES}}}");
        let made = service.request(Method::POST, entity.path).body_text(&body).send().await.expect(201);
        let path = made.header("location").expect("a location").to_owned();
        let row = service.get(&path).await.expect(200);
        assert!(row.text().contains(ATTRIBUTES), "{}", row.text());
        for method in CHANGES {
            let answer = send(&service, entity, &method, &path, &[STALE], 2).await;
            stale(&answer, entity, &row);
            assert!(answer.text().contains(ATTRIBUTES), "{}", answer.text());
        }
    }
    let body = r#"{"name": "P", "weights_json": {"z": 0.30, "a": 1e-3, "m": -12345678901234567890}}"#;
    let request = service.request(Method::POST, "/v1/catalog/profiles");
    let made = request.body_text(body).send().await.expect(201);
    let path = made.header("location").expect("a location");
    let refused = service.request(Method::DELETE, path).header("If-Match", STALE).send().await;
    assert_eq!(super::raw_member(&refused, "current"), service.get(path).await.expect(200).text());
}

backends!(a_row_that_is_not_there_is_not_found);
async fn a_row_that_is_not_there_is_not_found(service: Service) {
    for entity in entities() {
        for id in ["4711", "0", "-1", "99999999999"] {
            let path = format!("{}/{id}", entity.path);
            for method in CHANGES {
                for value in ["*", STALE, &format!("W/{STALE}")] {
                    let problem = send(&service, entity, &method, &path, &[value], 2).await.problem(404);
                    assert_eq!(problem.detail, entity.not_found(id));
                    assert!(problem.json.get("current").is_none());
                }
            }
        }
        let path = full(&service, entity, 1).await;
        let tag = tag_now(&service, &path).await;
        send(&service, entity, &Method::DELETE, &path, &[&tag], 2).await.expect(204);
        for method in CHANGES {
            send(&service, entity, &method, &path, &[&tag], 2).await.problem(404);
        }
    }
}

// The client means another row than there is: that it would have changed nothing of this one is luck.
backends!(a_change_of_nothing_is_judged_too);
async fn a_change_of_nothing_is_judged_too(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let row = service.get(&path).await.expect(200);
        let before = stored(&service, entity).await;
        for (method, body) in [
            (Method::PATCH, json!({})),
            (Method::PATCH, row.json()),
            (Method::PUT, row.json()),
            (Method::PATCH, json!({"unknown": 1})),
        ] {
            let request = || service.request(method.clone(), &path).json(&body);
            stale(&request().header("If-Match", STALE).send().await, entity, &row);
            let same = request().header("If-Match", &tag(&row)).send().await.expect(200);
            assert_eq!((tag(&same), &same.body), (tag(&row), &row.body), "{}", entity.name);
            request().header("If-Match", "*").send().await.expect(200);
        }
        assert_eq!(stored(&service, entity).await, before, "{}", entity.name);
    }
}

backends!(a_chain_of_changes_needs_no_reading);
async fn a_chain_of_changes_needs_no_reading(service: Service) {
    for entity in entities() {
        let made = service.post(entity.path, &(entity.minimal)(1)).await.expect(201);
        let path = made.header("location").expect("a location").to_owned();
        let mut tag = tag(&made);
        for (number, method) in (2..).zip([Method::PATCH, Method::PUT, Method::PATCH, Method::PUT]) {
            let answer = send(&service, entity, &method, &path, &[&tag], number).await.expect(200);
            tag = super::tag(&answer);
        }
        send(&service, entity, &Method::DELETE, &path, &[&tag], 2).await.expect(204);
    }
}

backends!(a_merge_patch_and_a_slash_at_the_end_are_alike: Sqlite);
async fn a_merge_patch_and_a_slash_at_the_end_are_alike(service: Service) {
    let path = full(&service, &CPU, 1).await;
    let row = service.get(&path).await.expect(200);
    let slash = format!("{path}/");
    let body = json!({"notes": "changed"});
    let request = service.request(Method::PATCH, &slash).header("if-match", STALE);
    stale(&request.merge_patch(&body).send().await, &CPU, &row);
    let request = service.request(Method::PATCH, &slash).header("IF-MATCH", &tag(&row));
    let changed = request.merge_patch(&body).send().await.expect(200);
    service.request(Method::DELETE, &slash).header("If-Match", &tag(&row)).send().await.problem(412);
    service.request(Method::DELETE, &slash).header("If-Match", &tag(&changed)).send().await.expect(204);
}
