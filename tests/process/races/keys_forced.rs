//! Natural keys, in each order.

use serde_json::json;

use super::keys::{self, Key};
use super::{Quartet, Stage};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, Request, backends};

/// A request for the first key: a new row, or the change of one that has another.
async fn claim(quartet: &Quartet, process: usize, key: Key, posts: bool) -> Request {
    let service = &quartet[process];
    if posts {
        return service.request(Method::POST, key.entity.path).json(&key.body(1));
    }
    let row = service.created(key.entity.path, &key.body(2)).await;
    service.request(Method::PATCH, &key.entity.at(&row["id"])).json(&key.fields(1))
}

/// All kinds of keys, those that only the service's own turns keep apart left out.
fn kept_by_indexes(quartet: &Quartet) -> Vec<Key> {
    keys::keys(|_| true, quartet.backend != Backend::Legacy)
}

backends!(a_key_that_another_program_writes_is_waited_for: Sqlite, Postgres, Legacy);
async fn a_key_that_another_program_writes_is_waited_for(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for (process, key) in kept_by_indexes(&quartet).into_iter().enumerate() {
        for posts in [true, false] {
            for commits in [true, false] {
                let request = claim(&quartet, process, key, posts).await;
                let theirs = stage.hold(&key.insert(1)).await;
                let ours = stage.request_waits(request).await;
                theirs.end(commits).await;
                let answer = ours.await.expect("an answer");
                match (commits, posts) {
                    (true, true) if key.entity.get_or_create => {
                        assert_eq!(answer.expect(201).json()[key.entity.note()], "by SQL");
                    }
                    (true, _) => drop(answer.problem(422)),
                    (false, true) => drop(answer.expect(201)),
                    (false, false) => drop(answer.expect(200)),
                }
                let table = key.entity.table;
                assert_eq!(stage.watcher().count(table, &key.is(1)).await, 1);
                stage.watcher().run(&format!("delete from {table}")).await;
                stage.is_over();
            }
        }
    }
    quartet.is_calm();
}

backends!(a_key_that_another_program_lets_go_is_waited_for: Sqlite, Postgres, Legacy);
async fn a_key_that_another_program_lets_go_is_waited_for(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for (process, key) in keys::keys(|entity| !entity.get_or_create, true).into_iter().enumerate() {
        let table = key.entity.table;
        for posts in [true, false] {
            for commits in [true, false] {
                for let_go in [format!("delete from {table}"), format!("update {table} set name = 'another'")] {
                    quartet[0].created(key.entity.path, &key.body(1)).await;
                    let request = claim(&quartet, process, key, posts).await;
                    let theirs = stage.hold(&format!("{let_go} where {}", key.is(1))).await;
                    let ours = stage.request_waits(request).await;
                    theirs.end(commits).await;
                    let answer = ours.await.expect("an answer");
                    match (commits, posts) {
                        (false, _) => drop(answer.problem(422)),
                        (true, true) => drop(answer.expect(201)),
                        (true, false) => drop(answer.expect(200)),
                    }
                    assert_eq!(stage.watcher().count(table, &key.is(1)).await, 1);
                    stage.watcher().run(&format!("delete from {table}")).await;
                    stage.is_over();
                }
            }
        }
    }
    quartet.is_calm();
}

// The first has written the key, and its transaction has not ended.
backends!(a_key_that_is_written_is_waited_for: Postgres, Legacy);
async fn a_key_that_is_written_is_waited_for(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for key in keys::keys(|_| true, true) {
        let table = key.entity.table;
        for posts in [true, false] {
            let first = claim(&quartet, 0, key, posts).await;
            let others = [claim(&quartet, 0, key, true), claim(&quartet, 1, key, true)];
            let [same, other] = others;
            let (same, other) = (same.await, other.await);
            let row = quartet[0].created(key.entity.path, &key.body(3)).await;
            let change = quartet[1].request(Method::PUT, &key.entity.at(&row["id"])).json(&key.body(1));
            let mut pause = stage.pause(&format!("after insert or update on {table}")).await;
            let first = stage.request_waits(first).await;
            let same = stage.request_waits(same).await;
            let other = stage.request_waits(other).await;
            let change = stage.request_waits(change).await;
            pause.release().await;
            let row = first.await.expect("an answer").expect(if posts { 201 } else { 200 }).json();
            for answer in [same.await.expect("an answer"), other.await.expect("an answer")] {
                if key.entity.get_or_create {
                    assert_eq!(answer.expect(201).json(), row);
                } else {
                    answer.problem(422);
                }
            }
            change.await.expect("an answer").problem(422);
            assert_eq!(stage.watcher().count(table, &key.is(1)).await, 1);
            stage.is_over();
            pause.remove().await;
            stage.watcher().run(&format!("delete from {table}")).await;
        }
    }
    quartet.is_calm();
}

// Another program wants the name that the service is about to give up, and has the one that the service wants: one of
// the two is turned away by PostgreSQL, and that is not the end of a request.
backends!(a_circle_of_names_is_no_failure: Postgres, Legacy);
async fn a_circle_of_names_is_no_failure(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    let one = quartet[0].created(CPU.path, &json!({"name": "one", "manufacturer": "x"})).await;
    quartet[0].created(CPU.path, &json!({"name": "two", "manufacturer": "x"})).await;
    let mut theirs = stage.hold("update cpu set name = 'three' where name = 'two'").await;
    let ours = quartet[0].request(Method::PATCH, &CPU.at(&one["id"])).json(&json!({"name": "two"}));
    let ours = stage.request_waits(ours).await;
    // Waits for the service, which waits for it.
    let turned_away = theirs.attempt("update cpu set name = 'one' where name = 'three'").await;
    theirs.roll_back().await;
    assert_eq!(ours.await.expect("an answer").problem(422).detail, CPU.taken("two"), "{turned_away:?}");
    assert_eq!(stage.watcher().count("cpu", "name in ('one', 'two')").await, 2);
    quartet.is_calm();
}

// Between the look for the key and the write another program makes the row, and before the next look it deletes it: as
// often as the service tries. That is bad luck, and nothing is wrong with the service.
backends!(a_key_that_is_always_in_the_way_is_no_failure: Postgres, Legacy);
async fn a_key_that_is_always_in_the_way_is_no_failure(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for key in kept_by_indexes(&quartet) {
        let table = key.entity.table;
        let mut pause = stage.pause(&format!("before insert on {table}")).await;
        let ours = stage.request_waits(claim(&quartet, 0, key, true).await).await;
        for _ in 0..3 {
            // It has found nothing, and may write now; but the key is being written.
            let theirs = stage.hold(&key.insert(1)).await;
            pause.release().await;
            let mut program = quartet.program().await;
            program.begin().await;
            let table_is_mine = format!("lock table {table} in access exclusive mode");
            let alone = stage.waits(async move { program.attempt(&table_is_mine).await.map(|()| program) }).await;
            let closed = stage.waits(pause.close()).await;
            theirs.commit().await;
            // It has met the key, and would look again, but cannot before the row is gone.
            let mut alone = alone.await.expect("an outcome").expect("a lock");
            pause = closed.await.expect("an outcome");
            stage.went_on(2);
            alone.run(&format!("delete from {table}; commit")).await;
            if stage.is_answered(&ours).await {
                break;
            }
        }
        pause.release().await;
        let answer = ours.await.expect("an answer");
        assert!(answer.status != 500, "{}", answer.text());
        stage.is_over();
        pause.remove().await;
        stage.watcher().run(&format!("delete from {table}")).await;
    }
    quartet.is_calm();
}
