//! Every answer that shows one row carries a strong tag of its body.

use std::io::Read as _;

use flate2::read::GzDecoder;
use serde_json::json;

use super::{change_of_record, full, record_path, tag, tag_now};
use partbook_test_support::contract::entities;
use partbook_test_support::{Answer, Backend, Database, Method, Service, backends};

/// Demands that an answer shows the row as a GET does, under the same tag.
async fn as_read(service: &Service, path: &str, answer: &Answer) {
    let row = service.get(path).await.expect(200);
    assert_eq!(answer.text(), row.text());
    assert_eq!(tag(answer), tag(&row), "{path}");
    let again = service.get(path).await.expect(200);
    assert_eq!((tag(&again), &again.body), (tag(&row), &row.body), "the same as before: {path}");
    let head = service.request(Method::HEAD, path).send().await.expect(200);
    assert_eq!(tag(&head), tag(&row), "{path}");
    assert!(head.body.is_empty());
}

backends!(every_answer_that_shows_a_row_has_its_tag);
async fn every_answer_that_shows_a_row_has_its_tag(service: Service) {
    for entity in entities() {
        for body in [(entity.minimal)(1), (entity.full)(1)] {
            let made = service.post(entity.path, &body).await.expect(201);
            let path = made.header("location").expect("a location").to_owned();
            as_read(&service, &path, &made).await;
            if entity.get_or_create {
                let found = service.post(entity.path, &body).await.expect(201);
                assert_eq!((tag(&found), &found.body), (tag(&made), &made.body), "{}", entity.name);
            }
            let replaced = service.put(&path, &(entity.full)(2)).await.expect(200);
            assert_ne!(tag(&replaced), tag(&made), "{}", entity.name);
            as_read(&service, &path, &replaced).await;
            let patched = service.patch(&path, &json!({entity.note(): "patched"})).await.expect(200);
            assert_ne!(tag(&patched), tag(&replaced), "{}", entity.name);
            as_read(&service, &path, &patched).await;
            service.delete(&path).await.expect(204);
        }
    }
}

backends!(a_listing_with_all_its_parts_has_a_tag);
async fn a_listing_with_all_its_parts_has_a_tag(service: Service) {
    use partbook_test_support::contract::LISTING;
    let path = full(&service, &LISTING, 1).await;
    let row = service.get(&path).await.expect(200);
    assert!(row.json()["cpu"]["name"].is_string() && row.json()["ports_profile"]["ports"][0].is_object());
    let patched = service.patch(&path, &json!({"ram_gb": 48, "attributes": {"new": [1.10, null]}})).await.expect(200);
    as_read(&service, &path, &patched).await;
}

backends!(records_have_a_tag_of_their_own);
async fn records_have_a_tag_of_their_own(service: Service) {
    for entity in entities() {
        let mut fields = (entity.full)(1);
        let members = fields.as_object_mut().expect("an object");
        let attributes = members.shift_remove("attributes").unwrap_or_else(|| json!({}));
        let path = format!("/v1/fields-data/{}/records", entity.name);
        let made = service.post(&path, &json!({"fields": fields, "attributes": attributes})).await.expect(201);
        let id = &made.json()["id"];
        let row = tag_now(&service, &entity.at(id)).await;
        assert_ne!(tag(&made), row, "what is shown is another: {}", entity.name);
        let record = record_path(entity, id);
        let same = service.patch(&record, &json!({})).await.expect(200);
        assert_eq!((tag(&same), &same.body), (tag(&made), &made.body), "{}", entity.name);
        let changed = service.patch(&record, &change_of_record(entity, "changed")).await.expect(200);
        assert_ne!(tag(&changed), tag(&made), "{}", entity.name);
        let same = service.patch(&record, &change_of_record(entity, "changed")).await.expect(200);
        assert_eq!((tag(&same), &same.body), (tag(&changed), &changed.body), "{}", entity.name);
        assert_ne!(tag_now(&service, &entity.at(id)).await, row, "{}", entity.name);
        service.delete(&entity.at(id)).await.expect(204);
    }
}

backends!(two_rows_never_share_a_tag);
async fn two_rows_never_share_a_tag(service: Service) {
    let mut seen = std::collections::BTreeSet::new();
    for entity in entities() {
        for number in 1..=3 {
            let made = service.post(entity.path, &(entity.minimal)(number)).await.expect(201);
            assert!(seen.insert(tag(&made)), "{}", entity.name);
        }
    }
}

backends!(a_compressed_answer_has_the_same_tag);
async fn a_compressed_answer_has_the_same_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let plain = service.get(&path).await.expect(200);
        assert_eq!(plain.header("content-encoding"), None);
        let compressed = |method: Method| service.request(method, &path).header("Accept-Encoding", "gzip");
        let answer = compressed(Method::GET).send().await.expect(200);
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{}", entity.name);
        assert_eq!(tag(&answer), tag(&plain), "{}", entity.name);
        let mut text = String::new();
        GzDecoder::new(&answer.body[..]).read_to_string(&mut text).expect("gzip");
        assert_eq!(text, plain.text());
        assert_eq!(tag(&compressed(Method::HEAD).send().await.expect(200)), tag(&plain), "{}", entity.name);
        let known = compressed(Method::GET).header("If-None-Match", &tag(&answer)).send().await.expect(304);
        assert!(known.body.is_empty());
        // What a compressed answer was tagged with says which version is meant, and the other way round.
        let note = |text: &str| json!({entity.note(): text});
        let request = service.request(Method::PATCH, &path).header("If-Match", &tag(&answer)).json(&note("one"));
        let plain = request.send().await.expect(200);
        let answer = compressed(Method::PATCH).header("If-Match", &tag(&plain)).json(&note("two")).send().await;
        let answer = answer.expect(200);
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{}", entity.name);
        assert_eq!(tag(&answer), tag_now(&service, &path).await, "{}", entity.name);
    }
}

backends!(every_process_on_a_database_gives_the_same_tag);
async fn every_process_on_a_database_gives_the_same_tag(service: Service) {
    let other = Service::options().start_on(service.database()).await;
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let mut one = service.get(&path).await.expect(200);
        assert_eq!(tag(&one), tag_now(&other, &path).await, "{}", entity.name);
        for (service, text) in [(&other, "by the other"), (&service, "by the first")] {
            let request = service.request(Method::PATCH, &path).header("If-Match", &tag(&one));
            one = request.json(&json!({entity.note(): text})).send().await.expect(200);
        }
        assert_eq!(tag(&one), tag_now(&other, &path).await, "{}", entity.name);
    }
}

backends!(a_tag_outlives_the_process);
async fn a_tag_outlives_the_process(database: Database) {
    let mut tags = Vec::new();
    let service = Service::options().start_on(&database).await;
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        tags.push((tag_now(&service, &path).await, path));
    }
    service.stop().await;
    let service = Service::options().start_on(&database).await;
    for (before, path) in tags {
        assert_eq!(tag_now(&service, &path).await, before, "{path}");
    }
}

/// The same rows on every database look the same, and have the same tags. The texts of ports are the databases' own:
/// PostgreSQL writes spaces between their members.
#[tokio::test]
async fn the_databases_agree_on_tags() {
    let mut tags = Vec::new();
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::Legacy] {
        let service = Service::start(backend).await;
        let mut of_backend = Vec::new();
        for entity in entities().into_iter().filter(|entity| !["listing", "ports_profile"].contains(&entity.name)) {
            let path = full(&service, entity, 10).await;
            for table in entities().into_iter().map(|entity| entity.table).chain(["port"]) {
                let times = "created_at = '2026-02-03T04:05:06.000007Z', updated_at = '2026-02-03T04:05:06.080000Z'";
                service.sql(&format!("update {table} set {times}")).await;
            }
            let row = service.get(&path).await.expect(200);
            of_backend.push((row.text().to_owned(), tag(&row)));
        }
        tags.push(of_backend);
    }
    assert_eq!(tags[0], tags[1]);
    assert_eq!(tags[0], tags[2]);
}
