//! If-None-Match on GET: what the client has already is not sent again (RFC 9110, section 13.1.2).

use serde_json::json;

use super::{STALE, full, tag, tag_now};
use partbook_test_support::contract::{CPU, Entity, entities};
use partbook_test_support::{Answer, Method, Service, backends};

/// A GET or HEAD with these If-None-Match headers.
async fn ask(service: &Service, method: Method, path: &str, values: &[&str]) -> Answer {
    let request = service.request(method, path);
    values.iter().fold(request, |request, value| request.header("If-None-Match", value)).send().await
}

backends!(what_is_known_is_not_sent_again);
async fn what_is_known_is_not_sent_again(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let tag = tag_now(&service, &path).await;
        let many: String = (0..100).map(|n| format!("\"{n}\", ")).collect::<String>() + &tag;
        for values in [
            &[&tag[..]][..],
            &[&format!("W/{tag}")],
            &["*"],
            &[" * "],
            &[&format!("{STALE}, {tag}")],
            &[&format!("{tag},{STALE}")],
            &[&format!("{STALE} , W/{tag} ,")],
            &[&format!(", ,{tag}")],
            &[&format!("\"a,b\", {tag}")],
            &[&many],
            &[STALE, &tag],
            &[&tag, STALE],
            &[STALE, &format!("\"x\", W/{tag}")],
        ] {
            for method in [Method::GET, Method::HEAD] {
                let answer = ask(&service, method, &path, values).await.expect(304);
                assert_eq!(super::tag(&answer), tag, "{values:?}");
                assert!(answer.body.is_empty(), "{values:?}");
                assert!(answer.header("x-request-id").is_some());
            }
        }
    }
}

backends!(what_is_not_known_is_sent);
async fn what_is_not_known_is_sent(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let row = service.get(&path).await.expect(200);
        let tag = tag(&row);
        let other = super::tag(&service.post(entity.path, &(entity.minimal)(2)).await.expect(201));
        let bare = tag.trim_matches('"');
        for values in [
            &[STALE][..],
            &[&format!("W/{STALE}")],
            &[&other],
            &["\"\""],
            &["\"*\""],
            &[STALE, "\"x\""],
            &[&format!("\"{}\"", &bare[1..])],
            &[&format!("\"{}\"", bare.to_ascii_uppercase())],
        ] {
            let answer = ask(&service, Method::GET, &path, values).await.expect(200);
            assert_eq!((super::tag(&answer), &answer.body), (tag.clone(), &row.body), "{values:?}");
        }
    }
}

// Reading does no harm, so a cache that writes nonsense gets the row.
backends!(what_is_no_tag_is_passed_over);
async fn what_is_no_tag_is_passed_over(service: Service) {
    let path = full(&service, &CPU, 1).await;
    let row = service.get(&path).await.expect(200);
    let tag = tag(&row);
    let bare = tag.trim_matches('"');
    for values in [
        &[""][..],
        &[bare],
        &["\""],
        &[&format!("w/{tag}")],
        &[&format!("{tag} {STALE}")],
        &[&format!("*, {tag}")],
        &["*", "*"],
        &[&format!("{tag}, nonsense")],
        &["nonsense", &tag],
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = ask(&service, method, &path, values).await.expect(200);
            assert_eq!(super::tag(&answer), tag, "{values:?}");
        }
    }
}

backends!(what_has_changed_is_sent);
async fn what_has_changed_is_sent(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let before = tag_now(&service, &path).await;
        service.patch(&path, &json!({entity.note(): "changed"})).await.expect(200);
        let answer = ask(&service, Method::GET, &path, &[&before]).await.expect(200);
        assert_eq!(answer.json()[entity.note()], "changed");
        ask(&service, Method::GET, &path, &[&tag(&answer)]).await.expect(304);
        // Back again, under another time.
        ask(&service, Method::GET, &path, &[&before]).await.expect(200);
    }
}

backends!(faults_come_before_what_is_known);
async fn faults_come_before_what_is_known(service: Service) {
    for entity in entities() {
        let at = |id: &str| format!("{}/{id}", entity.path);
        for value in ["*", STALE, "nonsense"] {
            ask(&service, Method::GET, &at("4711"), &[value]).await.problem(404);
            ask(&service, Method::GET, &at("abc"), &[value]).await.problem(422);
        }
    }
}

backends!(lists_are_always_sent);
async fn lists_are_always_sent(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let tag = tag_now(&service, &path).await;
        let mut lists = vec![entity.path.to_owned(), format!("/v1/fields-data/{}/records", entity.name)];
        if has_listings(entity) {
            lists.push(format!("{path}/listings"));
        }
        for list in lists {
            for value in ["*", &tag] {
                let answer = ask(&service, Method::GET, &list, &[value]).await.expect(200);
                assert_eq!(answer.header("etag"), None, "{list}");
            }
        }
    }
}

fn has_listings(entity: &Entity) -> bool {
    !entity.used_through.is_empty()
}

// RFC 9110, section 8.6: it would be the length of the row, and a cache may take it for that.
backends!(an_answer_without_body_has_no_length_of_its_own: Sqlite);
async fn an_answer_without_body_has_no_length_of_its_own(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let whole = service.get(&path).await.expect(200);
        for method in [Method::GET, Method::HEAD] {
            let known = ask(&service, method.clone(), &path, &[&tag(&whole)]).await.expect(304);
            let length = known.header("content-length");
            let is_right = length.is_none_or(|length| length == whole.body.len().to_string());
            assert!(is_right, "{method} of {}: {length:?}", entity.name);
            assert_eq!(known.header("transfer-encoding"), None, "{method} of {}", entity.name);
        }
    }
}

// RFC 9110, section 15.4.5: a cache must learn from a 304 what it learns from the whole answer.
backends!(an_answer_without_body_varies_as_the_whole_one: Sqlite);
async fn an_answer_without_body_varies_as_the_whole_one(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let whole = service.get(&path).await.expect(200);
        let known = ask(&service, Method::GET, &path, &[&tag(&whole)]).await.expect(304);
        let values = |answer: &Answer, name: &str| {
            let mut values: Vec<String> = answer
                .headers
                .get_all(name)
                .iter()
                .flat_map(|value| value.to_str().expect("ASCII").split(',').map(|value| value.trim().to_owned()))
                .collect();
            values.sort_unstable();
            values
        };
        for name in ["vary", "cache-control", "content-location", "expires"] {
            assert_eq!(values(&known, name), values(&whole, name), "{name} of {}", entity.name);
        }
    }
}

backends!(if_match_says_nothing_to_readers_and_posts);
async fn if_match_says_nothing_to_readers_and_posts(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        for (number, value) in (2..).zip([STALE, "*", "nonsense", ""]) {
            for method in [Method::GET, Method::HEAD] {
                service.request(method, &path).header("If-Match", value).send().await.expect(200);
            }
            for name in ["If-Match", "If-None-Match"] {
                let number = if name == "If-Match" { number } else { number + 100 };
                let request = service.request(Method::POST, entity.path).header(name, value);
                request.json(&(entity.minimal)(number)).send().await.expect(201);
            }
        }
    }
}
