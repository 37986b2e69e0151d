//! Equal POSTs with one `Idempotency-Key` make one row, and keep one answer (contract section 2).

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{HALVES, Quartet, Race, Stage};
use partbook_test_support::contract::{CPU, Entity, LISTING, RAM_SPEC};
use partbook_test_support::{Backend, Method, Request, backends};

/// How many send the same at once.
const CLIENTS: usize = 32;

/// A kind that nothing else keeps from being made twice, one that is refused, and one that is found.
const ENTITIES: [&Entity; 3] = [&LISTING, &CPU, &RAM_SPEC];

fn post(quartet: &Quartet, process: usize, entity: &Entity, key: &str) -> Request {
    let request = quartet[process].request(Method::POST, entity.path).header("Idempotency-Key", key);
    request.json(&(entity.full)(1))
}

backends!(equal_posts_with_a_key_make_one_row);
async fn equal_posts_with_a_key_make_one_row(quartet: Quartet) {
    let names = ENTITIES.map(|entity| entity.name);
    let (mut program, mut watcher) = (quartet.program().await, quartet.program().await);
    let kept_in = program.own("idempotency_key");
    let (mut done, mut told_to_wait) = (0, 0);
    let race = Race::new("32 POSTs with one Idempotency-Key: one row", quartet.backend, &HALVES, 24);
    race.run(&names, async |start| {
        let (entity, key) = (ENTITIES[start.course], format!("key-{}", start.number));
        let table = entity.table;
        program.run(&format!("delete from {table}; delete from {kept_in}")).await;
        let is_over = AtomicBool::new(false);
        let race = async {
            let posts = (0..CLIENTS).map(|client| (client % 2, post(&quartet, client, entity, &key)));
            let answers = start.timed_crowd(posts.collect::<Vec<_>>()).await;
            is_over.store(true, Ordering::Relaxed);
            answers
        };
        // Whoever looks at any moment sees the row and the answer, or neither.
        let watch = async {
            let difference = format!("select (select count(*) from {table}) - (select count(*) from {kept_in})");
            while !is_over.load(Ordering::Relaxed) {
                assert_eq!(watcher.number(&difference).await, 0, "rows without an answer");
            }
        };
        let (answers, ()) = tokio::join!(race, watch);
        assert_eq!(program.count(table, "true").await, 1);
        assert_eq!(program.count(&kept_in, "true").await, 1);
        let kept: Value = post(&quartet, start.number, entity, &key).send().await.expect(201).json();
        let mut first = None;
        for (client, (answer, when)) in answers.into_iter().enumerate() {
            if answer.status == 201 {
                assert_eq!(answer.json(), kept);
                done += 1;
                first = first.min(Some((when, client))).or(Some((when, client)));
            } else {
                answer.problem(409);
                told_to_wait += 1;
            }
        }
        first.expect("somebody made it").1 % 2
    })
    .await;
    println!("figure\tIdempotency-Key on {:?}: {done} answers 201, {told_to_wait} answers 409", quartet.backend);
    quartet.is_calm();
}

backends!(who_comes_while_the_first_runs_is_told_so);
async fn who_comes_while_the_first_runs_is_told_so(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for entity in ENTITIES {
        let table = entity.table;
        let busy = match quartet.backend {
            Backend::Sqlite => "select 1".to_owned(),
            _ => format!("lock table {table} in exclusive mode"),
        };
        let busy = stage.hold(&busy).await;
        let first = stage.request_waits(post(&quartet, 0, entity, "key")).await;
        for _ in 0..3 {
            post(&quartet, 0, entity, "key").send().await.problem(409);
        }
        // Another key is another request.
        let another = quartet[0].request(Method::POST, entity.path).header("Idempotency-Key", "another");
        let another = stage.request_waits(another.json(&(entity.full)(2))).await;
        let other_process = if quartet.backend == Backend::Sqlite {
            // The file's lock keeps the two processes apart.
            Some(stage.request_waits(post(&quartet, 1, entity, "key")).await)
        } else {
            post(&quartet, 1, entity, "key").send().await.problem(409);
            None
        };
        busy.commit().await;
        let row = first.await.expect("an answer").expect(201).json();
        if let Some(other) = other_process {
            assert_eq!(other.await.expect("an answer").expect(201).json(), row);
        }
        another.await.expect("an answer").expect(201);
        for process in 0..2 {
            assert_eq!(post(&quartet, process, entity, "key").send().await.expect(201).json(), row);
        }
        assert_eq!(stage.watcher().count(table, "true").await, 2);
        stage.is_over();
        let kept_in = stage.watcher().own("idempotency_key");
        stage.watcher().run(&format!("delete from {table}; delete from {kept_in}")).await;
    }
    quartet.is_calm();
}

// The row is written; its answer is not kept yet.
backends!(a_row_is_not_there_before_its_answer: Postgres);
async fn a_row_is_not_there_before_its_answer(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for entity in ENTITIES {
        let mut pause = stage.pause("before insert on partbook.idempotency_key").await;
        let first = stage.request_waits(post(&quartet, 0, entity, "key")).await;
        assert_eq!(stage.watcher().count(entity.table, "true").await, 0, "a row that a retry would make again");
        for process in 0..2 {
            post(&quartet, process, entity, "key").send().await.problem(409);
        }
        pause.release().await;
        let row = first.await.expect("an answer").expect(201).json();
        assert_eq!(post(&quartet, 1, entity, "key").send().await.expect(201).json(), row);
        assert_eq!(stage.watcher().count(entity.table, "true").await, 1);
        stage.is_over();
        pause.remove().await;
        stage.watcher().run("delete from partbook.idempotency_key").await;
    }
    quartet.is_calm();
}
