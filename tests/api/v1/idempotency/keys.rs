//! What a key is, and what it belongs to.

use serde_json::json;

use super::{KEY, count, keyed, post, refused, routes, same};
use partbook_test_support::contract::{CPU, GPU};
use partbook_test_support::{Method, Service, backends};

backends!(a_key_belongs_to_one_body);
async fn a_key_belongs_to_one_body(service: Service) {
    for ((entity, path, body), (_, _, other)) in routes(1).into_iter().zip(routes(11)) {
        let first = post(&service, &path, "k", &body).await.expect(201);
        let before = count(&service, entity.table).await;
        assert_eq!(refused(&post(&service, &path, "k", &other).await), "reused");
        // A body that no row could be made of is another one as well.
        assert_eq!(refused(&post(&service, &path, "k", &json!({"name": 5})).await), "reused");
        assert_eq!(count(&service, entity.table).await, before, "{path}");
        same(&post(&service, &path, "k", &body).await, &first);
    }
}

// Bytes are compared: what two texts mean is a question with more than one answer.
backends!(another_spelling_is_another_body);
async fn another_spelling_is_another_body(service: Service) {
    let body = r#"{"name": "N", "manufacturer": "M"}"#;
    let first = keyed(&service, CPU.path, "k", body).send().await.expect(201);
    for other in [
        r#"{"name":"N","manufacturer":"M"}"#,
        r#"{"manufacturer": "M", "name": "N"}"#,
        r#"{"name": "N", "manufacturer": "M"} "#,
        r#"{"name": "\u004e", "manufacturer": "M"}"#,
        r#"{"name": "N", "manufacturer": "M", "unknown": 1}"#,
    ] {
        assert_eq!(refused(&keyed(&service, CPU.path, "k", other).send().await), "reused", "{other}");
    }
    // How the body is called is no part of it.
    let request = service.request(Method::POST, CPU.path).header(KEY, "k").header("X-Request-ID", "same");
    same(&request.header("Content-Type", "application/vnd.parts+json").body(body).send().await, &first);
}

backends!(a_key_belongs_to_one_path);
async fn a_key_belongs_to_one_path(service: Service) {
    // Bodies that several collections take: one key, and a row in each.
    let body = r#"{"name": "N", "manufacturer": "M", "weights_json": {}, "title": "T", "price_usd": 1,
                   "capacity_gb": 1, "total_capacity_gb": 1}"#;
    let mut answers = Vec::new();
    for (entity, path, _) in routes(1).into_iter().filter(|(entity, path, _)| path == entity.path) {
        let answer = keyed(&service, &path, "k", body).send().await.expect(201);
        assert_eq!(count(&service, entity.table).await, 1, "{path}");
        answers.push((path, answer));
    }
    for (path, first) in &answers {
        same(&keyed(&service, path, "k", body).send().await, first);
        // A slash at the end is tolerated, and says nothing.
        same(&keyed(&service, &format!("{path}/"), "k", body).send().await, first);
    }
    let record = json!({"fields": {"name": "R", "manufacturer": "M"}});
    for name in ["cpu", "gpu"] {
        post(&service, &format!("/v1/fields-data/{name}/records"), "k", &record).await.expect(201);
    }
}

backends!(keys_are_told_apart_by_every_letter);
async fn keys_are_told_apart_by_every_letter(service: Service) {
    let long = "x".repeat(254);
    let keys = [
        "k",
        "K",
        "0",
        "00",
        "k.",
        "k/1",
        "\"k\"",
        "'k'",
        "k;v=1",
        "k,k",
        "%20",
        "\\",
        "~!@#$^&*()[]{}<>?`|=+-_:",
        "8e03978e-40d5-43e8-bc93-6894a57f9324",
        "*",
    ];
    let keys = keys.into_iter().map(str::to_owned).chain([format!("{long}a"), format!("{long}b")]);
    let mut answers = Vec::new();
    for (number, key) in (1..).zip(keys) {
        let answer = post(&service, CPU.path, &key, &(CPU.minimal)(number)).await.expect(201);
        answers.push((number, key, answer));
    }
    for (number, key, first) in &answers {
        same(&post(&service, CPU.path, key, &(CPU.minimal)(*number)).await, first);
    }
    // White space around a header's value is no part of it (RFC 9110, section 5.5).
    same(&post(&service, CPU.path, "  k  ", &(CPU.minimal)(1)).await, &answers[0].2);
    assert_eq!(count(&service, CPU.table).await, answers.len());
}

backends!(what_is_no_key_is_refused);
async fn what_is_no_key_is_refused(service: Service) {
    for (_, path, body) in routes(1) {
        for key in ["", " ", &"x".repeat(256), &"x".repeat(5_000), "a b", "a\tb", "k k"] {
            assert_eq!(refused(&post(&service, &path, key, &body).await), "format", "{key:?}");
        }
        for keys in [["a", "b"], ["k", "k"], ["", "k"]] {
            let request = service.request(Method::POST, &path).header(KEY, keys[0]).header(KEY, keys[1]);
            assert_eq!(refused(&request.json(&body).send().await), "format", "{keys:?}");
        }
    }
    for table in ["cpu", "gpu", "listing", "ram_spec", &service.own("idempotency_key")] {
        assert_eq!(count(&service, table).await, 0, "{table}");
    }
}

backends!(a_key_has_no_letters_beyond_ascii);
async fn a_key_has_no_letters_beyond_ascii(service: Service) {
    for key in ["schlüssel", "鍵", "k\u{a0}"] {
        refused(&post(&service, GPU.path, key, &(GPU.minimal)(1)).await);
    }
    assert_eq!(count(&service, GPU.table).await, 0);
}
