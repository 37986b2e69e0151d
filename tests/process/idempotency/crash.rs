//! A service that is killed in the middle of its work: row and answer are kept together, or neither is.

use std::collections::{BTreeMap, BTreeSet};

use tokio::task::JoinSet;

use super::{KEY, count, keyed};
use partbook_test_support::contract::{CPU, PORTS_PROFILE};
use partbook_test_support::{Database, Server, backends, client};

/// How many requests are sent, and how many of them are answered before the end.
const SENT: u32 = 240;
const ANSWERED: usize = 40;

backends!(a_killed_service_leaves_a_row_and_its_answer_or_neither);
async fn a_killed_service_leaves_a_row_and_its_answer_or_neither(database: Database) {
    let service = Server::options().start_on(&database).await;
    let client = client();
    let mut requests = JoinSet::new();
    for n in 0..SENT {
        let request = client.post(format!("{}{}", service.address(), PORTS_PROFILE.path));
        let request = request.header(KEY, format!("k{n}")).header("Content-Type", "application/json");
        let request = request.body((PORTS_PROFILE.full)(n).to_string());
        requests.spawn(async move {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            Some((n, status, answer.text().await.ok()?))
        });
    }
    let mut answered = BTreeMap::new();
    while answered.len() < ANSWERED {
        let Some((n, status, text)) = requests.join_next().await.expect("more requests").expect("no panic") else {
            panic!("no answer from a service that runs");
        };
        assert_eq!(status, 201, "{text}");
        answered.insert(n, text);
    }
    // SIGKILL.
    drop(service);
    // Some more may have been answered before it took effect.
    while let Some(outcome) = requests.join_next().await {
        if let Some((n, 201, text)) = outcome.expect("no panic") {
            answered.insert(n, text);
        }
    }

    let service = Server::options().start_on(&database).await;
    let names = |rows: Vec<Vec<Option<String>>>| -> BTreeSet<String> {
        rows.into_iter().map(|mut row| row.remove(0).expect("a text")).collect()
    };
    let kept = service.own("idempotency_key");
    let made = names(service.rows("select name from ports_profile").await);
    let keys = names(service.rows(&format!("select 'Full ports ' || idempotency_key from {kept}")).await);
    let keys: BTreeSet<String> = keys
        .into_iter()
        .map(|key| {
            let number: u32 = key.rsplit('k').next().and_then(|number| number.parse().ok()).expect("a number");
            format!("Full ports {number:04}")
        })
        .collect();
    assert_eq!(made, keys, "a row without its key's answer, or an answer without its row");
    assert!(made.len() >= answered.len());

    // Every client that was left without an answer gets one now, and the others theirs again.
    for n in 0..SENT {
        let body = (PORTS_PROFILE.full)(n).to_string();
        let answer = keyed(&service, PORTS_PROFILE.path, &format!("k{n}"), &body).send().await.expect(201);
        if let Some(first) = answered.get(&n) {
            assert_eq!(answer.text(), first, "{n}");
        }
        let row = service.get(answer.header("location").expect("a location")).await.expect(200);
        assert_eq!(row.text(), answer.text());
    }
    assert_eq!(count(&service, "ports_profile").await, SENT as usize);
    assert_eq!(count(&service, "port").await, 3 * SENT as usize);
    assert_eq!(count(&service, &kept).await, SENT as usize);
    service.create(&CPU, 1).await;
}
