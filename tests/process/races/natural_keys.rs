//! No two rows agree in their natural key, names and specifications alike (contract sections 1 and 2).

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use super::keys::{self, Key};
use super::{Breach, HALVES, Quartet, Race};
use partbook_test_support::body::with;
use partbook_test_support::contract::Entity;
use partbook_test_support::{Answer, Backend, Method, Request, backends};

/// The least number of a key that no round asks for.
const SPARE: usize = 1_500;

fn by_name(entity: &Entity) -> bool {
    !entity.get_or_create
}

fn by_specifications(entity: &Entity) -> bool {
    entity.get_or_create
}

/// The text that a row or a body carries beside its key.
fn note(key: Key, row: &Value) -> &str {
    row[key.entity.note()].as_str().expect("a note")
}

/// Demands that a key is refused as taken.
#[track_caller]
fn is_taken(key: Key, n: usize, answer: &Answer) {
    let name = key.body(n)["name"].as_str().unwrap_or_default().to_owned();
    assert_eq!(answer.problem(422).detail, key.entity.taken(&name));
}

/// Races equal POSTs, each with a note of its own: the row has that of the first.
async fn equal_posts(quartet: &Quartet, promise: &'static str, clients: usize, keys: Vec<Key>) {
    let names = keys::names(&keys);
    let mut program = quartet.program().await;
    let race = Race::new(promise, quartet.backend, &HALVES, 24);
    race.run(&names, async |start| {
        let (key, n) = (keys[start.course], start.number % SPARE);
        program.run(&format!("delete from {}", key.entity.table)).await;
        let posts = (0..clients).map(|client| {
            let body = with(key.body(n), key.entity.note(), client.to_string());
            (client % 2, quartet[client].request(Method::POST, key.entity.path).json(&body))
        });
        let answers = start.crowd(posts.collect::<Vec<_>>()).await;
        assert_eq!(program.count(key.entity.table, &key.is(n)).await, 1);
        assert_eq!(program.count(key.entity.table, "true").await, 1);
        let made = answers.iter().find(|answer| answer.status == 201).expect("a row").json();
        let first: usize = note(key, &made).parse().expect("a client");
        for (client, answer) in answers.into_iter().enumerate() {
            if key.entity.get_or_create || client == first {
                let location = key.entity.at(&made["id"]);
                assert_eq!(answer.header("location"), Some(location.as_str()));
                assert_eq!(answer.expect(201).json(), made);
            } else {
                is_taken(key, n, &answer);
            }
        }
        first % 2
    })
    .await;
    quartet.is_calm();
}

backends!(equal_specifications_make_one_row: Sqlite, Postgres, Legacy);
async fn equal_specifications_make_one_row(quartet: Quartet) {
    let keys = keys::keys(by_specifications, true);
    equal_posts(&quartet, "64 POSTs of equal specifications: one row", 64, keys).await;
}

backends!(equal_names_make_one_row: Sqlite, Postgres; torture: Legacy);
async fn equal_names_make_one_row(quartet: Quartet) {
    equal_posts(&quartet, "32 POSTs of one name: one row", 32, keys::keys(by_name, true)).await;
}

/// Rows with keys of their own, which requests change to one key.
async fn rows(quartet: &Quartet, key: Key, count: usize) -> Vec<Value> {
    let mut rows = Vec::new();
    for n in 0..count {
        rows.push(quartet[0].created(key.entity.path, &key.body(SPARE + n)).await);
    }
    rows
}

backends!(one_row_gets_a_key_that_many_want: Sqlite, Postgres, Legacy);
async fn one_row_gets_a_key_that_many_want(quartet: Quartet) {
    let keys = keys::keys(|_| true, true);
    let names = keys::names(&keys);
    let mut program = quartet.program().await;
    let race = Race::new("8 POSTs, 8 PUTs, 8 PATCHes to one key", quartet.backend, &["POST", "PUT", "PATCH"], 40);
    race.run(&names, async |start| {
        let (key, n) = (keys[start.course], start.number % SPARE);
        let Entity { table, path, .. } = key.entity;
        program.run(&format!("delete from {table}")).await;
        let rows = rows(&quartet, key, 16).await;
        let request = |client: usize| {
            let (way, service) = (client % 3, &quartet[client / 3]);
            let row = key.entity.at(&rows[client / 3 * 2 % 16 + client % 2]["id"]);
            let request: Request = match way {
                0 => service.request(Method::POST, path).json(&key.body(n)),
                1 => service.request(Method::PUT, &row).json(&key.body(n)),
                _ => service.request(Method::PATCH, &row).json(&key.fields(n)),
            };
            (way, request)
        };
        let answers = start.crowd((0..24).map(request).collect::<Vec<_>>()).await;
        assert_eq!(program.count(table, &key.is(n)).await, 1);
        let is_old = |answer: &Answer| rows.iter().any(|row| row["id"] == answer.json()["id"]);
        let changed: Vec<usize> = (0..24).filter(|client| answers[*client].status == 200).collect();
        let created = answers.iter().find(|answer| answer.status == 201 && !is_old(answer));
        let row = match (&changed[..], created) {
            ([client], None) => answers[*client].json(),
            ([], Some(created)) => created.json(),
            _ => panic!("not one of them got the key: {changed:?}, {created:?}"),
        };
        assert_eq!(program.count(table, "true").await, 16 + i64::from(created.is_some()));
        let mut creations = 0;
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            if answer.status == 201 {
                assert_eq!(answer.json(), row);
                creations += 1;
            } else {
                is_taken(key, n, answer);
            }
        }
        let expected = if key.entity.get_or_create { 8 } else { usize::from(created.is_some()) };
        assert_eq!(creations, expected);
        changed.first().map_or(0, |client| client % 3)
    })
    .await;
    quartet.is_calm();
}

// What another program inserts takes no turn with the service; the unique indexes alone stand between the two.
backends!(another_programs_row_with_the_key_is_found: Sqlite, Postgres; torture: Legacy);
async fn another_programs_row_with_the_key_is_found(quartet: Quartet) {
    let keys = keys::keys(|_| true, quartet.backend != Backend::Legacy);
    let names = keys::names(&keys);
    let mut program = quartet.program().await;
    let race = Race::new("POST and PATCH against plain SQL", quartet.backend, &["service", "program"], 60);
    race.run(&names, async |start| {
        let (key, n) = (keys[start.course], start.number % SPARE);
        program.run(&format!("delete from {}", key.entity.table)).await;
        let posts = (start.number / names.len()).is_multiple_of(2);
        let request = if posts {
            quartet[start.number].request(Method::POST, key.entity.path).json(&key.body(n))
        } else {
            let row = quartet[0].created(key.entity.path, &key.body(SPARE)).await;
            quartet[start.number].request(Method::PATCH, &key.entity.at(&row["id"])).json(&key.fields(n))
        };
        let insert = key.insert(n);
        let (answer, inserted) = start.duel(request.send(), program.attempt(&insert)).await;
        assert_eq!(program.count(key.entity.table, &key.is(n)).await, 1);
        match inserted {
            Err(breach) => {
                assert_eq!(breach, Breach::Unique);
                answer.expect(if posts { 201 } else { 200 });
                0
            }
            Ok(()) if posts && key.entity.get_or_create => {
                assert_eq!(note(key, &answer.expect(201).json()), "by SQL");
                1
            }
            Ok(()) => {
                is_taken(key, n, &answer);
                1
            }
        }
    })
    .await;
    quartet.is_calm();
}

backends!(a_key_that_is_let_go_may_be_had: Sqlite, Postgres; torture: Legacy);
async fn a_key_that_is_let_go_may_be_had(quartet: Quartet) {
    let keys = keys::keys(|_| true, true);
    let names = keys::names(&keys);
    let mut program = quartet.program().await;
    let race = Race::new("POST of a key that is being let go", quartet.backend, &["let go first", "POST first"], 60);
    race.run(&names, async |start| {
        let (key, n) = (keys[start.course], start.number % SPARE);
        program.run(&format!("delete from {}", key.entity.table)).await;
        let old = quartet[0].created(key.entity.path, &key.body(n)).await;
        let path = key.entity.at(&old["id"]);
        let deletes = (start.number / names.len()).is_multiple_of(2);
        let letting_go = if deletes {
            quartet[start.number].request(Method::DELETE, &path)
        } else {
            quartet[start.number].request(Method::PATCH, &path).json(&key.fields(SPARE))
        };
        let post = quartet[start.number / 2].request(Method::POST, key.entity.path).json(&key.body(n));
        let (let_go, posted) = start.duel(letting_go.send(), post.send()).await;
        let_go.expect(if deletes { 204 } else { 200 });
        let rows = program.count(key.entity.table, &key.is(n)).await;
        if posted.status == 201 && posted.json()["id"] != old["id"] {
            assert_eq!(rows, 1);
            return 0;
        }
        assert_eq!(rows, 0);
        if key.entity.get_or_create {
            assert_eq!(posted.expect(201).json(), old);
        } else {
            is_taken(key, n, &posted);
        }
        1
    })
    .await;
    quartet.is_calm();
}

// Each wants the name that the other has: whoever is first is refused, and so is the other.
backends!(names_are_not_swapped: Sqlite, Postgres; torture: Legacy);
async fn names_are_not_swapped(quartet: Quartet) {
    let keys = keys::keys(by_name, true);
    let names = keys::names(&keys);
    let mut program = quartet.program().await;
    let race = Race::new("two rows that want each other's name", quartet.backend, &["one", "other"], 24);
    race.run(&names, async |start| {
        let key = keys[start.course];
        program.run(&format!("delete from {}", key.entity.table)).await;
        let rows = [
            quartet[0].created(key.entity.path, &key.body(1)).await,
            quartet[0].created(key.entity.path, &key.body(2)).await,
        ];
        let swap = |row: usize| {
            let service = &quartet[start.number / 2 * row];
            service
                .request(Method::PATCH, &key.entity.at(&rows[row]["id"]))
                .json(&json!({"name": rows[1 - row]["name"]}))
        };
        let begin = std::time::Instant::now();
        let one = async { (swap(0).send().await, begin.elapsed()) };
        let other = async { (swap(1).send().await, begin.elapsed()) };
        let ((one, one_took), (other, other_took)) = start.duel(one, other).await;
        is_taken(key, 2, &one);
        is_taken(key, 1, &other);
        for row in &rows {
            assert_eq!(quartet[0].get(&key.entity.at(&row["id"])).await.expect(200).json(), *row);
        }
        usize::from(other_took < one_took)
    })
    .await;
    quartet.is_calm();
}

// Another program makes the row and deletes it, again and again, as fast as it can.
backends!(a_key_that_comes_and_goes_is_no_failure: Sqlite, Postgres, Legacy);
async fn a_key_that_comes_and_goes_is_no_failure(quartet: Quartet) {
    let keys = keys::keys(|_| true, quartet.backend != Backend::Legacy);
    let names = keys::names(&keys);
    let (mut program, mut other) = (quartet.program().await, quartet.program().await);
    let race = Race::new("POST of a key that comes and goes", quartet.backend, &["service", "program"], 60);
    race.run(&names, async |start| {
        let (key, n) = (keys[start.course], start.number % SPARE);
        let table = key.entity.table;
        let body = with(key.body(n), key.entity.note(), "by the service");
        let post = quartet[start.number].request(Method::POST, key.entity.path).json(&body);
        let (insert, delete) = (key.insert(n), format!("delete from {table}"));
        let is_over = AtomicBool::new(false);
        let post = async {
            let answer = post.send().await;
            is_over.store(true, Ordering::Relaxed);
            answer
        };
        let churn = async {
            while !is_over.load(Ordering::Relaxed) {
                let _ = program.attempt(&insert).await;
                other.run(&delete).await;
            }
        };
        let (answer, ()) = start.duel(post, churn).await;
        program.run(&delete).await;
        if !key.entity.get_or_create && answer.status == 422 {
            is_taken(key, n, &answer);
            return 1;
        }
        // It may have been in the way as often as the service tries.
        if answer.status == 503 {
            return 1;
        }
        usize::from(note(key, &answer.expect(201).json()) == "by SQL")
    })
    .await;
    quartet.is_calm();
}
