//! A request that comes while the first one with its key still runs.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{count, keyed, post, refused, routes, same};
use partbook_test_support::contract::{CPU, LISTING, RAM_SPEC};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Answer, Backend, Method, Service, backends, together};

/// Demands that an answer says that the first request still runs.
#[track_caller]
fn still_running(answer: &Answer) {
    let problem = answer.problem(409);
    assert!(
        problem.detail.contains("Idempotency-Key") && problem.detail.contains("still running"),
        "{}",
        problem.detail
    );
    assert!(problem.json.get("usage").is_none());
}

backends!(of_many_equal_requests_one_is_done);
async fn of_many_equal_requests_one_is_done(service: Service) {
    for (entity, path, body) in routes(1) {
        let before = count(&service, entity.table).await;
        let answers = together((0..32).map(|_| keyed(&service, &path, "k", &body.to_string()))).await;
        let first = answers.iter().find(|answer| answer.status == 201).expect("one that is done");
        for answer in &answers {
            if answer.status == 201 { same(answer, first) } else { still_running(answer) }
        }
        assert_eq!(count(&service, entity.table).await, before + 1, "{path}");
        same(&post(&service, &path, "k", &body).await, first);
    }
}

backends!(of_many_equal_requests_to_two_processes_one_is_done);
async fn of_many_equal_requests_to_two_processes_one_is_done(service: Service) {
    let other = Service::options().start_on(service.database()).await;
    for (entity, path, body) in routes(1) {
        let before = count(&service, entity.table).await;
        let requests = (0..32).map(|n| {
            let service = if n % 2 == 0 { &service } else { &other };
            keyed(service, &path, "k", &body.to_string())
        });
        let answers = together(requests).await;
        let first = answers.iter().find(|answer| answer.status == 201).expect("one that is done");
        for answer in &answers {
            if answer.status == 201 { same(answer, first) } else { still_running(answer) }
        }
        assert_eq!(count(&service, entity.table).await, before + 1, "{path}");
    }
}

backends!(many_keys_at_once_are_all_done);
async fn many_keys_at_once_are_all_done(service: Service) {
    let requests = || (0..32).map(|n| keyed(&service, CPU.path, &format!("k{n}"), &(CPU.minimal)(n).to_string()));
    let firsts = together(requests()).await;
    for (first, again) in firsts.iter().zip(together(requests()).await) {
        assert_eq!(first.status, 201, "{}", first.text());
        same(&again, first);
    }
    assert_eq!(count(&service, CPU.table).await, 32);
}

// Of a name that is free one request gets it, and every other one is refused for good.
backends!(many_keys_for_one_name_are_refused_but_one);
async fn many_keys_for_one_name_are_refused_but_one(service: Service) {
    let requests = || (0..16).map(|n| keyed(&service, CPU.path, &format!("k{n}"), &(CPU.minimal)(1).to_string()));
    let firsts = together(requests()).await;
    assert_eq!(firsts.iter().filter(|answer| answer.status == 201).count(), 1);
    for answer in firsts.iter().filter(|answer| answer.status != 201) {
        assert_eq!(answer.problem(422).detail, CPU.taken("CPU 0001"));
    }
    for (first, again) in firsts.iter().zip(together(requests()).await) {
        same(&again, first);
    }
}

/// Sends a request twice while something is held that it needs, and lets go when the second is answered; then once more.
async fn forced(service: &Service, lock: Lock, path: &str, body: &str) {
    let mut sent = JoinSet::new();
    for _ in 0..2 {
        sent.spawn(keyed(service, path, "k", body).send());
    }
    // Whichever came first waits for the lock; so the one that is answered is the other.
    let second = sent.join_next().await.expect("two requests").expect("an answer");
    still_running(&second);
    // Another body is no reason to say anything else of a request that runs.
    still_running(&keyed(service, path, "k", "{}").send().await);
    // Others run meanwhile.
    service.get(path).await.expect(200);
    lock.release().await;
    let first = sent.join_next().await.expect("one request").expect("an answer").expect(201);
    same(&keyed(service, path, "k", body).send().await, &first);
    assert_eq!(refused(&keyed(service, path, "k", "{}").send().await), "reused");
}

backends!(the_second_is_told_that_the_first_still_runs);
async fn the_second_is_told_that_the_first_still_runs(service: Service) {
    for (entity, path, body) in routes(1) {
        let before = count(&service, entity.table).await;
        let lock = Lock::of_table(service.database(), entity.table).await;
        forced(&service, lock, &path, &body.to_string()).await;
        assert_eq!(count(&service, entity.table).await, before + 1, "{path}");
    }
}

/// The lock under which the rows of a natural key of several columns are made.
const TURN: &str = "select pg_advisory_xact_lock(1885434484, place) from generate_series(0, 20) as place";

backends!(a_turn_that_is_waited_for_is_part_of_the_request: Postgres);
async fn a_turn_that_is_waited_for_is_part_of_the_request(service: Service) {
    let lock = Lock::by(service.database(), TURN).await;
    forced(&service, lock, RAM_SPEC.path, &(RAM_SPEC.full)(1).to_string()).await;
    assert_eq!(count(&service, RAM_SPEC.table).await, 1);
}

backends!(another_process_says_that_the_first_still_runs: Postgres);
async fn another_process_says_that_the_first_still_runs(service: Service) {
    let other = Service::options().start_on(service.database()).await;
    for (entity, path, body) in routes(1) {
        let before = count(&service, entity.table).await;
        let lock = Lock::of_table(service.database(), entity.table).await;
        let first = tokio::spawn(keyed(&service, &path, "k", &body.to_string()).send());
        service.database().waited_for(1).await;
        still_running(&post(&other, &path, "k", &body).await);
        lock.release().await;
        let first = first.await.expect("an answer").expect(201);
        same(&post(&other, &path, "k", &body).await, &first);
        assert_eq!(count(&service, entity.table).await, before + 1, "{path}");
    }
}

// A file has one writer at a time, so the second waits for the first and gets its answer.
backends!(another_process_on_a_file_waits: Sqlite);
async fn another_process_on_a_file_waits(service: Service) {
    let other = Service::options().start_on(service.database()).await;
    for (entity, path, body) in routes(1) {
        let before = count(&service, entity.table).await;
        let lock = Lock::of_table(service.database(), entity.table).await;
        let requests = [&service, &other].map(|service| {
            let request = keyed(service, &path, "k", &body.to_string());
            tokio::spawn(request.send())
        });
        for service in [&service, &other] {
            service.metrics_when(|scrape| scrape.sum("partbook_db_pool_connections_in_use", &[]) > 0.5).await;
        }
        lock.release().await;
        let [one, two] = requests;
        let one = one.await.expect("an answer").expect(201);
        same(&two.await.expect("an answer"), &one);
        assert_eq!(count(&service, entity.table).await, before + 1, "{path}");
    }
}

/// The answer to a listing's body, as soon as its key is free.
async fn answered(service: &Service, body: &Value) -> Answer {
    let begin = Instant::now();
    loop {
        let answer = post(service, LISTING.path, "k", body).await;
        if answer.status != 409 || begin.elapsed() > Duration::from_secs(20) {
            return answer.expect(201);
        }
        still_running(&answer);
    }
}

/// A client that goes away takes its request with it, and the key is free: it is not held for ever.
#[tokio::test]
async fn a_client_that_goes_away_does_not_keep_the_key() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let service = Service::start(backend).await;
        let body = json!({"title": "T", "price_usd": 1});
        let lock = Lock::of_table(service.database(), LISTING.table).await;
        let first = tokio::spawn(keyed(&service, LISTING.path, "k", &body.to_string()).send());
        service.metrics_when(|scrape| scrape.sum("partbook_db_pool_connections_in_use", &[]) > 0.5).await;
        first.abort();
        assert!(first.await.is_err());
        lock.release().await;
        // Whether it was given up or done to its end, this is answered once the key is free.
        let answer = answered(&service, &body).await;
        same(&post(&service, LISTING.path, "k", &body).await, &answer);
        assert_eq!(count(&service, LISTING.table).await, 1);
        service.request(Method::DELETE, answer.header("location").expect("a location")).send().await.expect(204);
    }
}
