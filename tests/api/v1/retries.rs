//! Writes that meet others: tried again a few times, and then answered 503 (contract sections 6 and 7).

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, Entity, PROFILE, entities};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Answer, Method, Request, Service, backends, together};

/// How long an answer may take when what it needs is never let go: three waits of two seconds, and a busy machine.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// How often writes have been tried again.
async fn retries(service: &Service) -> f64 {
    service.metrics().await.value("partbook_db_retries_total", &[]).expect("a counter")
}

/// Waits until writes have been tried again that often.
async fn tried_again(service: &Service, times: f64) {
    service.metrics_when(|scrape| scrape.sum("partbook_db_retries_total", &[]) > times - 0.5).await;
}

/// The number of a count.
#[track_caller]
fn is(count: f64, expected: f64) {
    assert!((count - expected).abs() < 0.5, "{count} times, not {expected}");
}

/// A 503 that says when to come again and nothing of the inside.
#[track_caller]
fn unavailable(answer: &Answer) {
    let problem = answer.problem(503);
    let seconds = answer.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
    assert!(seconds.is_some_and(|seconds| (1..=120).contains(&seconds)), "{:?}", answer.headers);
    for inside in ["lock", "sql", "deadlock", "timeout", "busy"] {
        assert!(!problem.detail.to_lowercase().contains(inside), "{}", problem.detail);
    }
}

/// Every kind of write of the `number`th row, which is there.
fn writes(service: &Service, entity: &Entity, number: u32, id: &Value) -> Vec<Request> {
    let path = entity.at(id);
    let record = format!("/v1/fields-data/{}/records/{id}", entity.name);
    vec![
        service.request(Method::PATCH, &path).json(&json!({entity.note(): "changed"})),
        service.request(Method::PUT, &path).json(&with((entity.full)(number), entity.note(), "replaced")),
        service.request(Method::PATCH, &record).json(&json!({"fields": {entity.note(): "by its record"}})),
        service.request(Method::DELETE, &path),
    ]
}

/// Holds the tables of all entities: nobody can write a row of any.
async fn hold_everything(service: &Service) -> Lock {
    Lock::of_table(service.database(), &entities().iter().map(|entity| entity.table).collect::<Vec<_>>().join(", "))
        .await
}

backends!(what_is_held_for_long_is_a_503);
async fn what_is_held_for_long_is_a_503(service: Service) {
    let row = service.created(CPU.path, &(CPU.full)(1)).await;
    is(retries(&service).await, 0.0);
    let lock = Lock::take(service.database(), &CPU, &row["id"]).await;
    let begin = Instant::now();
    for answer in together(writes(&service, &CPU, 1, &row["id"])).await {
        unavailable(&answer);
    }
    assert!(begin.elapsed() < ANSWER_TIMEOUT, "{:?}", begin.elapsed());
    is(retries(&service).await, 8.0);
    // Readers are in nobody's way.
    assert_eq!(service.get(&CPU.at(&row["id"])).await.expect(200).json(), row);
    lock.release().await;
    // Nothing stayed behind: no lock, no change, no connection.
    for request in writes(&service, &CPU, 1, &row["id"]) {
        assert!([200, 204].contains(&request.send().await.status));
    }
    is(retries(&service).await, 8.0);
    let in_use = |count: f64| count < 0.5;
    service.metrics_when(|scrape| in_use(scrape.sum("partbook_db_pool_connections_in_use", &[]))).await;
}

backends!(what_is_let_go_in_time_is_written);
async fn what_is_let_go_in_time_is_written(service: Service) {
    let mut requests = Vec::new();
    // A row for each way to write one.
    for entity in entities() {
        for (number, way) in (1..).zip(0..4) {
            let row = service.created(entity.path, &(entity.full)(number)).await;
            // All four of one entity, one of each other.
            if entity.name == CPU.name || way == entity.name.len() % 4 {
                requests.push(writes(&service, entity, number, &row["id"]).swap_remove(way));
            }
        }
    }
    let expected = requests.len();
    let lock = hold_everything(&service).await;
    let written = tokio::spawn(together(requests));
    tried_again(&service, f64::from(u32::try_from(expected).expect("a small number"))).await;
    lock.release().await;
    let answers = written.await.expect("answers");
    assert_eq!(answers.len(), expected);
    for answer in answers {
        assert!([200, 204].contains(&answer.status), "{answer:?}");
    }
}

backends!(a_new_row_is_tried_again_too);
async fn a_new_row_is_tried_again_too(service: Service) {
    let posts = || {
        let post = |entity: &Entity| service.request(Method::POST, entity.path).json(&(entity.full)(1));
        entities().into_iter().map(post).collect::<Vec<_>>()
    };
    let lock = hold_everything(&service).await;
    let begin = Instant::now();
    for answer in together(posts()).await {
        unavailable(&answer);
    }
    assert!(begin.elapsed() < ANSWER_TIMEOUT, "{:?}", begin.elapsed());
    let tried = retries(&service).await;
    // Each twice.
    let writers = f64::from(u32::try_from(entities().len()).expect("a few"));
    is(tried, 2.0 * writers);
    let written = tokio::spawn(together(posts()));
    tried_again(&service, tried + writers).await;
    lock.release().await;
    for (entity, answer) in entities().into_iter().zip(written.await.expect("answers")) {
        let row = answer.expect(201).json();
        assert_eq!(service.get(entity.path).await.expect(200).array(), [row], "one row, not three");
    }
}

backends!(a_retry_keeps_the_condition);
async fn a_retry_keeps_the_condition(service: Service) {
    let row = service.post(CPU.path, &(CPU.full)(1)).await.expect(201);
    let path = CPU.at(&row.json()["id"]);
    let tag = row.header("etag").expect("a tag").to_owned();
    let lock = Lock::by(service.database(), "select id from cpu for update").await;
    let request = service.request(Method::PATCH, &path).header("If-Match", &tag).json(&json!({"cores": 1}));
    let write = tokio::spawn(request.send());
    tried_again(&service, 1.0).await;
    lock.change_and_release("update cpu set notes = 'meanwhile'").await;
    let answer = write.await.expect("an answer");
    answer.problem(412);
    assert_eq!(answer.json()["current"]["notes"], "meanwhile");
    assert_eq!(service.get(&path).await.expect(200).json()["cores"], (CPU.full)(1)["cores"]);
}

// Reading is not tried again: nobody waits for a reader, and the client can ask again as well as the service.
backends!(a_list_that_cannot_be_read_is_not_tried_again: Postgres);
async fn a_list_that_cannot_be_read_is_not_tried_again(service: Service) {
    service.create(&CPU, 1).await;
    let before = retries(&service).await;
    let lock = Lock::by(service.database(), "lock table cpu in access exclusive mode").await;
    unavailable(&service.get(CPU.path).await);
    unavailable(&service.get(&format!("{}/1", CPU.path)).await);
    lock.release().await;
    is(retries(&service).await, before);
}

/// How many deadlocks PostgreSQL has resolved in this database; its statistics come a little late.
async fn deadlocks(service: &Service) -> Option<String> {
    service.database().value("select deadlocks from pg_stat_database where datname = current_database()").await
}

// A new default profile holds its own row and wants that of the old one, which somebody else holds who wants the new one.
backends!(a_deadlock_is_tried_again: Postgres);
async fn a_deadlock_is_tried_again(service: Service) {
    let profile = |name: &str, is_default: bool| json!({"name": name, "weights_json": {}, "is_default": is_default});
    let old = service.created(PROFILE.path, &profile("old", true)).await;
    let new = service.created(PROFILE.path, &profile("new", false)).await;
    let path = PROFILE.at(&new["id"]);
    // On a machine that is very busy the two may not wait at the same time in the second that PostgreSQL gives them; and
    // who comes again may be faster than the other, and meet it anew.
    for _ in 0..5 {
        let before = retries(&service).await;
        let mut program = service.database().connect().await;
        let hold =
            format!("set deadlock_timeout = '1min'; begin; select id from profile where id = {} for update", old["id"]);
        program.run(&hold).await;
        let write = tokio::spawn(service.request(Method::PATCH, &path).json(&json!({"is_default": true})).send());
        service.database().waited_for(1).await;
        // This closes the circle; it is answered once the service's transaction was given up.
        let want = format!("select id from profile where id = {} for update", new["id"]);
        program.run(&want).await;
        program.run("rollback").await;
        program.close().await;
        let answer = write.await.expect("an answer");
        let tried = retries(&service).await - before;
        assert!((0.5..2.5).contains(&tried), "{tried} times");
        if answer.status == 503 {
            is(tried, 2.0);
            continue;
        }
        assert_eq!(answer.expect(200).json()["is_default"], true);
        assert_eq!(service.get(&PROFILE.at(&old["id"])).await.expect(200).json()["is_default"], false);
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(3) {
            if deadlocks(&service).await.is_some_and(|count| count != "0") {
                return;
            }
        }
        service.patch(&PROFILE.at(&old["id"]), &json!({"is_default": true})).await.expect(200);
    }
    panic!("no deadlock came about");
}

// Another program takes a key and lets it go, each time anew.
backends!(a_key_that_nobody_has_at_the_last_look_is_a_503: Postgres);
async fn a_key_that_nobody_has_at_the_last_look_is_a_503(service: Service) {
    let refusing = |constraint: &str| {
        format!(
            "create or replace function refuse() returns trigger language plpgsql as $$ begin
                perform nextval('attempts');
                raise exception using errcode = 'unique_violation', constraint = '{constraint}', message = 'taken';
            end $$"
        )
    };
    service.sql(&format!("create sequence attempts; {}", refusing("cpu_name_key"))).await;
    service.sql("create trigger refuse before insert on cpu for each row execute function refuse()").await;
    unavailable(&service.post(CPU.path, &(CPU.minimal)(1)).await);
    // A sequence keeps what is rolled back.
    assert_eq!(service.database().value("select last_value from attempts").await.as_deref(), Some("3"));
    // An index that the catalog does not know goes on refusing.
    service.sql(&refusing("ix_of_another_program")).await;
    assert_eq!(service.post(CPU.path, &(CPU.minimal)(1)).await.problem(422).faults[0].code, "value");
}
