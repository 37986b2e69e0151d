//! One default profile, in each order.

use serde_json::{Value, json};

use super::{Quartet, Stage};
use partbook_test_support::contract::{ONLY_DEFAULT_DELETED, ONLY_DEFAULT_UNSET, PROFILE};
use partbook_test_support::{Method, Request, Server, backends};

/// Stops whoever has the turn to write a profile before it has looked at one.
const NOBODY_READS: &str = "lock table profile in exclusive mode";

async fn profile(service: &Server, name: &str, is_default: bool) -> Value {
    service.created(PROFILE.path, &json!({"name": name, "weights_json": {}, "is_default": is_default})).await
}

fn change(service: &Server, row: &Value, is_default: bool) -> Request {
    service.request(Method::PATCH, &PROFILE.at(&row["id"])).json(&json!({"is_default": is_default}))
}

/// The names of the default profiles.
async fn defaults(stage: &mut Stage<'_>, quartet: &Quartet) -> Vec<Value> {
    assert_eq!(stage.watcher().count("profile", "is_default").await, 1);
    let rows = quartet[1].get(&format!("{}?is_default=true", PROFILE.path)).await.expect(200).array();
    rows.into_iter().map(|row| row["name"].clone()).collect()
}

// Another program moves the mark; whoever would take it away waits, and finds it elsewhere.
backends!(what_another_program_does_with_the_mark_is_seen: Sqlite, Postgres; torture: Legacy);
async fn what_another_program_does_with_the_mark_is_seen(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    let mark = |row: &Value, is_default: bool| {
        format!("update profile set is_default = {is_default} where id = {}", row["id"])
    };
    for process in 0..2 {
        let one = profile(&quartet[0], "one", true).await;
        let two = profile(&quartet[0], "two", false).await;
        let service = &quartet[process];
        let delete = |row: &Value| service.request(Method::DELETE, &PROFILE.at(&row["id"]));

        // The mark leaves: it may be unset here, where it is not any more.
        let moved = stage.hold(&format!("{}; {}", mark(&one, false), mark(&two, true))).await;
        let unset = stage.request_waits(change(service, &one, false)).await;
        moved.commit().await;
        unset.await.expect("an answer").expect(200);
        assert_eq!(defaults(&mut stage, &quartet).await, ["two"]);
        stage.is_over();

        // The mark comes: it may not be unset, nor its row deleted.
        let moved = stage.hold(&format!("{}; {}", mark(&two, false), mark(&one, true))).await;
        let unset = stage.request_waits(change(service, &one, false)).await;
        moved.commit().await;
        assert_eq!(unset.await.expect("an answer").problem(422).detail, ONLY_DEFAULT_UNSET);
        stage.is_over();
        let touched = stage.hold(&mark(&one, true)).await;
        let deleted = stage.request_waits(delete(&one)).await;
        touched.commit().await;
        assert_eq!(deleted.await.expect("an answer").problem(409).detail, ONLY_DEFAULT_DELETED);
        assert_eq!(defaults(&mut stage, &quartet).await, ["one"]);
        stage.is_over();

        // The mark would have left, had the other program not thought better of it.
        let moved = stage.hold(&format!("{}; {}", mark(&one, false), mark(&two, true))).await;
        let deleted = stage.request_waits(delete(&one)).await;
        moved.roll_back().await;
        assert_eq!(deleted.await.expect("an answer").problem(409).detail, ONLY_DEFAULT_DELETED);
        stage.is_over();
        stage.watcher().run("delete from profile").await;
    }
}

// A claim has cleared the old default and is about to set the new one: everybody else waits for their turn.
backends!(everybody_waits_for_a_claim: Postgres; torture: Legacy);
async fn everybody_waits_for_a_claim(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for process in 0..2 {
        let old = profile(&quartet[0], "old", true).await;
        let new = profile(&quartet[0], "new", false).await;
        let third = profile(&quartet[0], "third", false).await;
        let service = &quartet[process];
        let mut pause = stage.pause("after update on profile").await;
        let claim = stage.request_waits(change(&quartet[0], &new, true)).await;
        assert_eq!(defaults(&mut stage, &quartet).await, ["old"], "as long as the claim has not ended");
        let delete = stage.request_waits(service.request(Method::DELETE, &PROFILE.at(&old["id"]))).await;
        let other_claim = stage.request_waits(change(service, &third, true)).await;
        let body = json!({"name": "fourth", "weights_json": {}, "is_default": true});
        let create = stage.request_waits(service.request(Method::POST, PROFILE.path).json(&body)).await;
        pause.release().await;
        claim.await.expect("an answer").expect(200);
        delete.await.expect("an answer").expect(204);
        other_claim.await.expect("an answer").expect(200);
        create.await.expect("an answer").expect(201);
        let [name] = &defaults(&mut stage, &quartet).await[..] else { panic!("not one default") };
        assert!(["third", "fourth"].contains(&name.as_str().expect("a name")));
        stage.is_over();
        pause.remove().await;
        stage.watcher().run("delete from profile").await;
    }
}

// Whoever is first has the turn, and the other waits for it.
backends!(a_claim_and_who_takes_the_default_away_come_in_turn: Postgres; torture: Legacy);
async fn a_claim_and_who_takes_the_default_away_come_in_turn(quartet: Quartet) {
    let mut stage = Stage::of(&quartet).await;
    for process in 0..2 {
        for claim_is_first in [true, false] {
            for deletes in [true, false] {
                let old = profile(&quartet[0], "old", true).await;
                let new = profile(&quartet[0], "new", false).await;
                let give_up = if deletes {
                    quartet[process].request(Method::DELETE, &PROFILE.at(&old["id"]))
                } else {
                    change(&quartet[process], &old, false)
                };
                let claim = change(&quartet[0], &new, true);
                let turn = stage.hold(NOBODY_READS).await;
                let (first, second) = if claim_is_first { (claim, give_up) } else { (give_up, claim) };
                let first = stage.request_waits(first).await;
                let second = stage.request_waits(second).await;
                turn.commit().await;
                let (first, second) = (first.await.expect("an answer"), second.await.expect("an answer"));
                let (claim, give_up) = if claim_is_first { (first, second) } else { (second, first) };
                claim.expect(200);
                match (claim_is_first, deletes) {
                    (true, true) => drop(give_up.expect(204)),
                    (true, false) => drop(give_up.expect(200)),
                    (false, true) => assert_eq!(give_up.problem(409).detail, ONLY_DEFAULT_DELETED),
                    (false, false) => assert_eq!(give_up.problem(422).detail, ONLY_DEFAULT_UNSET),
                }
                assert_eq!(defaults(&mut stage, &quartet).await, ["new"]);
                stage.is_over();
                stage.watcher().run("delete from profile").await;
            }
        }
    }
}
