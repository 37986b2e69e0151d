//! The first answer, again.

use serde_json::json;

use super::{age, count, count_kept, keyed, post, refused, routes, same};
use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, GPU, PROFILE, RAM_SPEC, STORAGE_PROFILE};
use partbook_test_support::{Database, Method, Service, backends};

backends!(a_request_that_is_sent_again_gets_the_first_answer);
async fn a_request_that_is_sent_again_gets_the_first_answer(service: Service) {
    for (place, (entity, path, body)) in routes(1).into_iter().enumerate() {
        let key = format!("key-{place}");
        let before = count(&service, entity.table).await;
        let first = post(&service, &path, &key, &body).await.expect(201);
        assert!(first.header("location").is_some() && first.header("etag").is_some(), "{path}");
        for _ in 0..3 {
            same(&post(&service, &path, &key, &body).await, &first);
        }
        assert_eq!(count(&service, entity.table).await, before + 1, "{path}");
        // It is the row, as a GET shows it.
        let row = service.get(first.header("location").expect("a location")).await.expect(200);
        if path == entity.path {
            assert_eq!((row.text(), row.header("etag")), (first.text(), first.header("etag")), "{path}");
        }
    }
    assert_eq!(count_kept(&service).await, routes(1).len());
}

backends!(without_a_key_nothing_is_kept);
async fn without_a_key_nothing_is_kept(service: Service) {
    for (_, path, body) in routes(1) {
        service.post(&path, &body).await.expect(201);
    }
    assert_eq!(count_kept(&service).await, 0);
}

backends!(the_answer_is_kept_to_the_letter);
async fn the_answer_is_kept_to_the_letter(service: Service) {
    let body = r#"{"name": "N", "manufacturer": "M", "notes": "a\u2028b \"c\" \\ Ü",
                   "attributes": {"z": 1.10, "a": [1e2, 12345678901234567890, null], "é": {"b": -0.0}}}"#;
    let first = keyed(&service, CPU.path, "k", body).send().await.expect(201);
    assert!(first.text().contains(r#"{"z":1.10,"a":[1e2,12345678901234567890,null],"é":{"b":-0.0}}"#));
    same(&keyed(&service, CPU.path, "k", body).send().await, &first);
    let weights = r#"{"name": "W", "weights_json": {"z": 0.30, "a": 1e-3}}"#;
    let first = keyed(&service, PROFILE.path, "k", weights).send().await.expect(201);
    same(&keyed(&service, PROFILE.path, "k", weights).send().await, &first);
    // Compressed or not is between the client and the way to it.
    let request = keyed(&service, PROFILE.path, "k", weights).header("Accept-Encoding", "gzip");
    let answer = request.send().await.expect(201);
    assert_eq!((answer.header("etag"), answer.header("location")), (first.header("etag"), first.header("location")));
}

backends!(the_first_answer_is_given_whatever_became_of_the_row);
async fn the_first_answer_is_given_whatever_became_of_the_row(service: Service) {
    for (entity, path, body) in routes(1) {
        let first = post(&service, &path, "k", &body).await.expect(201);
        let row = first.header("location").expect("a location").to_owned();
        service.patch(&row, &json!({entity.note(): "changed"})).await.expect(200);
        same(&post(&service, &path, "k", &body).await, &first);
        assert_eq!(service.get(&row).await.expect(200).json()[entity.note()], "changed");
        service.delete(&row).await.expect(204);
        same(&post(&service, &path, "k", &body).await, &first);
        service.get(&row).await.problem(404);
        // Another key makes another row.
        let second = post(&service, &path, "k2", &body).await.expect(201);
        assert_ne!(second.header("location"), Some(&row[..]), "{path}");
        service.delete(second.header("location").expect("a location")).await.expect(204);
    }
}

backends!(a_default_profile_is_made_default_once);
async fn a_default_profile_is_made_default_once(service: Service) {
    let profile = |name: &str| json!({"name": name, "weights_json": {}, "is_default": true});
    let first = post(&service, PROFILE.path, "k", &profile("first")).await.expect(201);
    let second = service.post(PROFILE.path, &profile("second")).await.expect(201);
    let again = post(&service, PROFILE.path, "k", &profile("first")).await;
    same(&again, &first);
    assert_eq!(again.json()["is_default"], true, "as it was then");
    let row = service.get(&PROFILE.at(&second.json()["id"])).await.expect(200);
    assert_eq!(row.text(), second.text(), "nothing was done again");
}

backends!(get_or_create_is_answered_once_too);
async fn get_or_create_is_answered_once_too(service: Service) {
    for entity in [&RAM_SPEC, &STORAGE_PROFILE] {
        let body = (entity.full)(1);
        let there = service.post(entity.path, &body).await.expect(201);
        let found = post(&service, entity.path, "k", &with(body.clone(), "notes", "not applied")).await.expect(201);
        assert_eq!(found.text(), there.text(), "{}", entity.name);
        let path = entity.at(&there.json()["id"]);
        service.patch(&path, &json!({"notes": "changed"})).await.expect(200);
        same(&post(&service, entity.path, "k", &with(body, "notes", "not applied")).await, &found);
        assert_eq!(count(&service, entity.table).await, 1, "{}", entity.name);
    }
}

backends!(the_answer_outlives_the_process);
async fn the_answer_outlives_the_process(database: Database) {
    let service = Service::options().start_on(&database).await;
    let mut answers = Vec::new();
    for (_, path, body) in routes(1) {
        answers.push(post(&service, &path, "k", &body).await.expect(201));
    }
    let taken = post(&service, CPU.path, "taken", &(CPU.full)(1)).await;
    taken.problem(422);
    service.stop().await;
    let service = Service::options().start_on(&database).await;
    for ((_, path, body), first) in routes(1).into_iter().zip(answers) {
        same(&post(&service, &path, "k", &body).await, &first);
        assert_eq!(refused(&post(&service, &path, "k", &json!({"title": "x"})).await), "reused");
    }
    same(&post(&service, CPU.path, "taken", &(CPU.full)(1)).await, &taken);
}

backends!(another_process_gives_the_same_answer);
async fn another_process_gives_the_same_answer(service: Service) {
    let other = Service::options().start_on(service.database()).await;
    for (entity, path, body) in routes(1) {
        let before = count(&service, entity.table).await;
        let first = post(&service, &path, "k", &body).await.expect(201);
        same(&post(&other, &path, "k", &body).await, &first);
        assert_eq!(refused(&post(&other, &path, "k", &json!({"title": "x"})).await), "reused");
        assert_eq!(count(&service, entity.table).await, before + 1);
    }
}

backends!(after_a_day_a_key_is_new);
async fn after_a_day_a_key_is_new(service: Service) {
    let first = post(&service, CPU.path, "k", &(CPU.minimal)(1)).await.expect(201);
    age(&service, 23).await;
    same(&post(&service, CPU.path, "k", &(CPU.minimal)(1)).await, &first);
    assert_eq!(refused(&post(&service, CPU.path, "k", &(CPU.minimal)(2)).await), "reused");
    age(&service, 2).await;
    // The same request is another one now, and the name is taken.
    let second = post(&service, CPU.path, "k", &(CPU.minimal)(1)).await;
    assert_eq!(second.problem(422).detail, CPU.taken("CPU 0001"));
    age(&service, 25).await;
    let third = post(&service, CPU.path, "k", &(CPU.minimal)(2)).await.expect(201);
    same(&post(&service, CPU.path, "k", &(CPU.minimal)(2)).await, &third);
    assert_eq!(count_kept(&service).await, 1);
}

backends!(other_methods_know_no_keys: Sqlite, Postgres, Legacy);
async fn other_methods_know_no_keys(service: Service) {
    let row = service.created(GPU.path, &(GPU.full)(1)).await;
    let path = GPU.at(&row["id"]);
    let record = format!("/v1/fields-data/gpu/records/{}", row["id"]);
    for key in ["k", "", "a b", &"x".repeat(256)] {
        let request = |method: Method, path: &str| service.request(method, path).header(super::KEY, key);
        for path in [&path, GPU.path, "/health"] {
            request(Method::GET, path).send().await.expect(200);
        }
        for text in ["one", "two"] {
            let changed = request(Method::PATCH, &path).json(&json!({"notes": text})).send().await.expect(200);
            assert_eq!(changed.json()["notes"], text);
            let body = with((GPU.full)(1), "notes", format!("{text} by PUT"));
            let changed = request(Method::PUT, &path).json(&body).send().await.expect(200);
            assert_eq!(changed.json()["notes"], format!("{text} by PUT"));
            let changed = request(Method::PATCH, &record).json(&json!({"fields": {"notes": text}})).send().await;
            assert_eq!(changed.expect(200).json()["fields"]["notes"], text);
        }
    }
    let delete = || service.request(Method::DELETE, &path).header(super::KEY, "k");
    delete().send().await.expect(204);
    delete().send().await.problem(404);
}
