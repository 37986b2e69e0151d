//! How much is kept: of one answer, and of all.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{count, count_kept, post, same};
use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, RAM_SPEC};
use partbook_test_support::{Backend, Service, backends};

/// The longest body of an answer that is kept, bytes.
const MAX_KEPT: usize = 64 * 1024;

/// What a key counts beside its answer, bytes.
const OVERHEAD: usize = 512;

async fn number(service: &Service, query: &str) -> usize {
    service.database().value(query).await.and_then(|number| number.parse().ok()).expect("a number")
}

/// How large the database is, bytes.
async fn database_size(service: &Service) -> usize {
    let is_sqlite = service.database().url().starts_with("sqlite");
    let pages = "select page_count * page_size from pragma_page_count(), pragma_page_size()";
    number(service, if is_sqlite { pages } else { "select pg_database_size(current_database())" }).await
}

backends!(many_keys_on_a_large_row_take_up_little);
async fn many_keys_on_a_large_row_take_up_little(service: Service) {
    let large = with((RAM_SPEC.full)(1), "attributes", json!({"text": "x".repeat(1_000_000)}));
    let row = service.created(RAM_SPEC.path, &large).await;
    let body = with((RAM_SPEC.full)(1), "attributes", json!({}));
    let before = database_size(&service).await;
    for key in 0..20 {
        let answer = post(&service, RAM_SPEC.path, &format!("k{key}"), &body).await.expect(201);
        assert_eq!(answer.json(), row);
        same(&post(&service, RAM_SPEC.path, &format!("k{key}"), &body).await, &answer);
    }
    let grown = database_size(&service).await - before;
    assert!(grown < 2_000_000, "{grown} bytes");
    assert_eq!(count_kept(&service).await, 20);
}

/// A CPU whose answer is that long, made with a key, and how it is answered first.
async fn made(service: &Service, path: &str, of: &dyn Fn(Value) -> Value, length: usize) -> (String, Value) {
    let key = format!("{path} {length}").replace(' ', "-");
    let body = |notes: usize| of(json!({"name": key, "manufacturer": "M", "notes": "n".repeat(notes)}));
    let probe = service.post(path, &body(1)).await.expect(201);
    service.delete(&CPU.at(&probe.json()["id"])).await.expect(204);
    (key.clone(), body(1 + length - probe.text().len()))
}

backends!(an_answer_is_kept_up_to_64_kib_and_made_again_above);
async fn an_answer_is_kept_up_to_64_kib_and_made_again_above(service: Service) {
    let record = |fields: Value| json!({"fields": fields});
    let shapes: [(&str, &dyn Fn(Value) -> Value); 2] =
        [(CPU.path, &|body| body), ("/v1/fields-data/cpu/records", &record)];
    for (path, of) in shapes {
        for (length, is_kept) in [(MAX_KEPT, true), (MAX_KEPT + 1, false)] {
            let (key, body) = made(&service, path, of, length).await;
            let first = post(&service, path, &key, &body).await.expect(201);
            assert_eq!(first.text().len(), length, "{path}");
            let table = service.own("idempotency_key");
            let kept = format!("select octet_length(answer) from {table} where idempotency_key = '{key}'");
            assert_eq!(number(&service, &kept).await, if is_kept { length } else { 0 }, "{path}");
            same(&post(&service, path, &key, &body).await, &first);

            let row = first.header("location").expect("a location").to_owned();
            let change = of(json!({"notes": "changed"}));
            let id = row.rsplit('/').next().expect("an id");
            let changed = service.patch(&format!("{path}/{id}"), &change).await.expect(200);
            let again = post(&service, path, &key, &body).await.expect(201);
            assert_eq!(again.header("location"), Some(&*row));
            if is_kept {
                same(&again, &first);
            } else {
                // The row as it is, with the tag of what is shown.
                assert_eq!((again.text(), again.header("etag")), (changed.text(), changed.header("etag")));
            }

            service.delete(&row).await.expect(204);
            let again = post(&service, path, &key, &body).await;
            if is_kept {
                same(&again, &first);
            } else {
                let problem = again.problem(409);
                assert_eq!(again.header("retry-after"), None, "it does not come back");
                assert!(problem.detail.contains(&format!("CPU {id} was the answer")), "{}", problem.detail);
            }
            assert_eq!(count(&service, CPU.table).await, 0, "nothing is done again");
        }
    }
}

backends!(the_oldest_keys_are_given_up_when_too_much_is_kept);
async fn the_oldest_keys_are_given_up_when_too_much_is_kept(backend: Backend) {
    const LIMIT: usize = 1024 * 1024;
    let service = Service::options().idempotency_bytes(LIMIT as u64).start(backend).await;
    let body = |n: usize| json!({"name": format!("CPU {n:04}"), "manufacturer": "M", "notes": "n".repeat(20_000)});
    let send = async |n: usize| post(&service, CPU.path, &format!("k{n}"), &body(n)).await;
    let evicted = async || service.metrics().await.value("partbook_idempotency_keys_evicted_total", &[]);
    let first = send(0).await.expect(201);
    let each = first.text().len() + OVERHEAD;
    // As many as there is room for.
    let room = LIMIT / each;
    for n in 1..room {
        send(n).await.expect(201);
    }
    same(&send(0).await, &first);
    assert_eq!(count_kept(&service).await, room);
    assert_eq!(evicted().await, Some(0.0));

    let mut all = 3 * room;
    for n in room..all {
        send(n).await.expect(201);
    }
    // A sixteenth may be stored before it is looked again, and something while it is looked: how much, depends on how long that
    // takes, and it counts for the next look.
    let most = room + room / 16 + 2;
    let begin = Instant::now();
    while count_kept(&service).await > most {
        assert!(begin.elapsed() < Duration::from_secs(20), "too many are kept");
        send(all).await.expect(201);
        all += 1;
    }
    assert!(count_kept(&service).await > room / 2, "no more are given up than need be");
    let last = send(all - 1).await.expect(201);
    assert_eq!(last.json()["name"], format!("CPU {:04}", all - 1));
    // The oldest is as good as new, and its name is taken.
    assert_eq!(send(0).await.problem(422).at("#/name").code, "duplicate");
    let scrape = service.metrics_when(|scrape| scrape.sum("partbook_idempotency_keys_evicted_total", &[]) > 0.5).await;
    assert!(scrape.value("partbook_idempotency_keys", &[]).is_some_and(|keys| keys > 0.5));
    assert!(scrape.value("partbook_idempotency_bytes", &[]).is_some_and(|bytes| bytes > 0.5));
}
