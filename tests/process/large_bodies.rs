//! Large bodies, many at once: a few are worked on, the rest waits before it is read.

use serde_json::json;

use partbook_test_support::contract::CPU;
use partbook_test_support::lock::Lock;
use partbook_test_support::{Backend, Method, Request, Server, backends, together, wire};

/// An array of objects, which take more memory for their text than any other value.
fn objects(number: usize) -> String {
    format!("[{}]", vec![r#"{"":0}"#; number].join(","))
}

/// The `number`th CPU, in nearly a megabyte, with almost as many values as a body may have.
fn large(service: &Server, number: usize) -> Request {
    let (attributes, unknown, notes) = (objects(9_990), objects(14_900), "x".repeat(800_000));
    let body = format!(
        r#"{{"name":"CPU {number}","manufacturer":"M","attributes":{{"a":{attributes}}},"b":{unknown},"notes":"{notes}"}}"#
    );
    service.request(Method::POST, CPU.path).body_text(&body)
}

#[tokio::test]
async fn a_body_that_comes_slowly_makes_room_for_others() {
    let service = Server::options().env("PARTBOOK_BODY_MEMORY", "1").start(Backend::Sqlite).await;
    let mut slow = wire::connect(service.address());
    let head = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000";
    wire::send(&mut slow, &format!("POST {} HTTP/1.1\r\n{head}\r\n\r\n{{", CPU.path));
    // What was announced, in units of a kilobyte.
    let room = 977.0 * 1024.0;
    service.metrics_when(|scrape| scrape.value("partbook_body_bytes", &[]) == Some(room)).await;
    // Small ones have room of their own.
    service.post(CPU.path, &json!({"name": "small", "manufacturer": "M"})).await.expect(201);
    large(&service, 1).send().await.expect(201);
    let answer = wire::head(&mut slow);
    assert_eq!(wire::status(&answer), 503, "{answer}");
    assert!(wire::header(&answer, "retry-after").is_some(), "{answer}");
    service.metrics_when(|scrape| scrape.value("partbook_body_bytes", &[]) == Some(0.0)).await;
}

#[tokio::test]
async fn many_large_bodies_take_up_no_more_than_a_few() {
    let service = Server::options().start(Backend::Sqlite).await;
    let answers = together((0..40).map(|number| large(&service, number))).await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert!(created > 0, "{:?}", answers[0]);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem(503);
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
    }
    let peak = service.peak_memory();
    assert!(peak < 200_000_000, "{peak} bytes for {created} bodies");
}

// A megabyte each, which would be fifty times as much when it is read.
#[tokio::test]
async fn bodies_of_nothing_but_small_values_take_up_little() {
    let service = Server::options().start(Backend::Sqlite).await;
    let body = format!(r#"{{"name":"CPU","manufacturer":"M","attributes":{{"a":{}}}}}"#, objects(142_000));
    let answers = together((0..10).map(|_| service.request(Method::POST, CPU.path).body_text(&body))).await;
    for answer in &answers {
        answer.problem(413);
    }
    let peak = service.peak_memory();
    assert!(peak < 120_000_000, "{peak} bytes");
}

// Of 66 KB each: there is room for the text of forty-five at once, and for the values of one.
#[tokio::test]
async fn bodies_of_many_values_wait_for_each_other() {
    let service = Server::options().start(Backend::Sqlite).await;
    let row = service.create(&CPU, 1).await;
    let body = format!(r#"{{"notes":"changed","unknown":{}}}"#, objects(9_400));
    // What was read is kept until the row can be written.
    let lock = Lock::take(service.database(), &CPU, &row["id"]).await;
    let patch = || service.request(Method::PATCH, &CPU.at(&row["id"])).body_text(&body);
    let answers = together((0..40).map(|_| patch())).await;
    lock.release().await;
    for answer in &answers {
        answer.problem(503);
    }
    let peak = service.peak_memory();
    assert!(peak < 100_000_000, "{peak} bytes");
    patch().send().await.expect(200);
}

backends!(a_body_has_its_room_until_its_request_is_done: Postgres);
async fn a_body_has_its_room_until_its_request_is_done(service: Server) {
    let tier = json!({"entity": "cpu", "key": "tier", "label": "Tier"});
    let row = service.create(&CPU, 1).await;
    let field = service.created("/v1/fields", &tier).await;
    let (cpu, record) = (CPU.at(&row["id"]), format!("/v1/fields-data/cpu/records/{}", row["id"]));
    let fields = json!({"fields": {"notes": "other"}});
    for (table, method, path, body) in [
        ("cpu", Method::POST, CPU.path, (CPU.minimal)(2)),
        ("cpu", Method::PUT, &*cpu, (CPU.minimal)(3)),
        ("cpu", Method::PATCH, &*cpu, json!({"notes": "changed"})),
        ("cpu", Method::POST, "/v1/fields-data/cpu/records", json!({"fields": (CPU.minimal)(4)})),
        ("cpu", Method::PATCH, &*record, fields),
        ("custom_field_definition", Method::POST, "/v1/fields", json!({"entity": "gpu", "key": "a", "label": "A"})),
        ("custom_field_definition", Method::PATCH, &*format!("/v1/fields/{}", field["id"]), json!({"label": "Other"})),
    ] {
        let lock = Lock::of_table(service.database(), table).await;
        let request = service.request(method.clone(), path).json(&body);
        let sent = tokio::spawn(request.send());
        service.database().waited_for(1).await;
        let taken = service.metrics().await.value("partbook_body_bytes", &[]);
        assert_eq!(taken, Some(1024.0), "{method} {path}");
        lock.release().await;
        let answer = sent.await.expect("an answer");
        assert!(answer.status < 300, "{answer:?}");
        service.metrics_when(|scrape| scrape.value("partbook_body_bytes", &[]) == Some(0.0)).await;
    }
}
