//! Delete against use: a row that begins to be used while it is being deleted blocks the delete, or its user fails. No
//! reference is nulled, none points nowhere, and nobody is told 5xx (contract section 2, DELETE).

use serde_json::{Value, json};

use super::uses::{self, Use};
use super::{Breach, HALVES, Program, Quartet, Race, Start};
use partbook_test_support::contract::catalog;
use partbook_test_support::{Answer, Backend, Method, Request, backends};

const SIDES: [&str; 2] = ["delete", "use"];

async fn quartet(backend: Backend) -> Quartet {
    Quartet::with_tables(backend, &format!("{}; {}", uses::builds(), uses::BYSTANDER)).await
}

/// The processes that the two sides ask: the same one in a quarter of the rounds.
fn processes(start: &Start) -> [usize; 2] {
    [start.number, start.number / 2]
}

/// Demands one of the two outcomes that are allowed, and answers which side won.
#[track_caller]
fn winner(used: &Use, deleted: &Answer, was_refused: bool) -> usize {
    match (deleted.status, was_refused) {
        (204, true) => 0,
        (409, false) => {
            assert_eq!(deleted.problem(409).detail, used.in_use());
            1
        }
        _ => panic!("{deleted:?}, and the use was refused: {was_refused}"),
    }
}

/// Races deletes against requests that begin to use the row.
async fn against_requests(quartet: &Quartet, promise: &'static str, request: impl Fn(&Use, usize, &Value) -> Request) {
    let columns = uses::by_listings();
    let names: Vec<String> = columns.iter().map(Use::name).collect();
    let mut program = quartet.program().await;
    let race = Race::new(promise, quartet.backend, &SIDES, 70);
    race.run(&names, async |start| {
        let used = &columns[start.course];
        used.clear(&mut program).await;
        let id = &quartet[0].create(used.entity, 1).await["id"];
        let [deleting, using] = processes(start);
        let delete = quartet[deleting].request(Method::DELETE, &used.entity.at(id)).send();
        let (deleted, answer) = start.duel(delete, request(used, using, id).send()).await;
        let winner = winner(used, &deleted, answer.status == 422);
        if winner == 0 {
            let problem = answer.problem(422);
            assert_eq!(problem.places(), [format!("#/{}", used.column)]);
        } else {
            assert!([200, 201].contains(&answer.status), "{answer:?}");
            assert_eq!(answer.json()[&used.column], *id);
        }
        used.is_settled(used.state(&mut program, id).await, winner == 1);
        winner
    })
    .await;
    quartet.is_calm();
}

backends!(a_delete_and_a_new_listing_never_both_succeed: Sqlite, Postgres; torture: Legacy);
async fn a_delete_and_a_new_listing_never_both_succeed(backend: Backend) {
    let quartet = &quartet(backend).await;
    against_requests(quartet, "DELETE against POST of a listing", |used, process, id| used.post(&quartet[process], id))
        .await;
}

backends!(a_delete_and_a_changed_listing_never_both_succeed: Sqlite, Postgres; torture: Legacy);
async fn a_delete_and_a_changed_listing_never_both_succeed(backend: Backend) {
    let quartet = &quartet(backend).await;
    against_requests(quartet, "DELETE against PATCH of a listing", |used, process, id| {
        used.patch(&quartet[process], id)
    })
    .await;
}

backends!(a_delete_and_another_programs_use_never_both_succeed: Sqlite, Postgres; torture: Legacy);
async fn a_delete_and_another_programs_use_never_both_succeed(backend: Backend) {
    let quartet = quartet(backend).await;
    let columns = uses::all();
    let names: Vec<String> = columns.iter().map(Use::name).collect();
    let mut program = quartet.program().await;
    let race = Race::new("DELETE against plain SQL", quartet.backend, &SIDES, 84);
    race.run(&names, async |start| {
        let used = &columns[start.course];
        used.clear(&mut program).await;
        let id = &quartet[0].create(used.entity, 1).await["id"];
        let delete = quartet[start.number / names.len()].request(Method::DELETE, &used.entity.at(id)).send();
        let insert = used.insert(id);
        let (deleted, insert) = start.duel(delete, program.attempt(&insert)).await;
        let winner = winner(used, &deleted, insert == Err(Breach::ForeignKey));
        used.is_settled(used.state(&mut program, id).await, winner == 1);
        winner
    })
    .await;
    quartet.is_calm();
}

backends!(of_many_deletes_one_succeeds: Sqlite, Postgres; torture: Legacy);
async fn of_many_deletes_one_succeeds(quartet: Quartet) {
    let names: Vec<&str> = catalog().iter().map(|entity| entity.name).collect();
    let race = Race::new("16 DELETEs of one row: one succeeds", quartet.backend, &HALVES, 24);
    race.run(&names, async |start| {
        let entity = catalog()[start.course];
        let path = entity.at(&quartet[0].created(entity.path, &(entity.full)(1)).await["id"]);
        let deletes = (0..16).map(|client| (client % 2, quartet[client].request(Method::DELETE, &path)));
        let answers = start.crowd(deletes.collect::<Vec<_>>()).await;
        let done = answers.iter().position(|answer| answer.status == 204).expect("one succeeds");
        for (client, answer) in answers.iter().enumerate().filter(|(client, _)| *client != done) {
            assert_ne!(client, done);
            answer.problem(404);
        }
        quartet[1].get(&path).await.problem(404);
        done % 2
    })
    .await;
    quartet.is_calm();
}

backends!(a_change_never_brings_a_deleted_row_back: Sqlite, Postgres; torture: Legacy);
async fn a_change_never_brings_a_deleted_row_back(quartet: Quartet) {
    let names: Vec<&str> = catalog().iter().map(|entity| entity.name).collect();
    let mut program: Program = quartet.program().await;
    let race = Race::new("DELETE against PATCH and PUT of the row", quartet.backend, &["delete", "change"], 48);
    race.run(&names, async |start| {
        let entity = catalog()[start.course];
        let id = &quartet[0].created(entity.path, &(entity.full)(1)).await["id"];
        let path = entity.at(id);
        let [deleting, changing] = processes(start);
        let change = if (start.number / names.len()).is_multiple_of(2) {
            quartet[changing].request(Method::PATCH, &path).json(&json!({entity.note(): "changed"}))
        } else {
            quartet[changing].request(Method::PUT, &path).json(&(entity.full)(2))
        };
        let delete = quartet[deleting].request(Method::DELETE, &path);
        let (deleted, changed) = start.duel(delete.send(), change.send()).await;
        deleted.expect(204);
        assert_eq!(program.count(entity.table, "true").await, 0);
        if changed.status == 200 {
            return 1;
        }
        changed.problem(404);
        0
    })
    .await;
    quartet.is_calm();
}
