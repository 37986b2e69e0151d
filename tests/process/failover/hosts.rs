//! A database URL with several hosts.

use std::net::TcpListener;

use partbook_test_support::contract::CPU;
use partbook_test_support::points::Points;
use partbook_test_support::replicas::{Replicas, url};
use partbook_test_support::sql::Connection;
use partbook_test_support::{Method, partbook, random_word};

use super::serve;

/// An address where nobody listens.
fn dead() -> String {
    TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").to_string()
}

#[tokio::test]
async fn the_first_that_will_do_is_taken_in_order() {
    let replicas = Replicas::start();
    let (primary, standby) = (Points::to(&replicas.primary()).await, Points::to(&replicas.standby()).await);
    let hosts = format!("{},{},{}", dead(), standby.address(), primary.address());
    let service = serve(&hosts, "?target_session_attrs=read-write").await;
    service.create(&CPU, 1).await;
    service.get("/readyz").await.expect(200);
    assert!(
        primary.accepted() > 0 && standby.accepted() >= primary.accepted(),
        "the standby is asked first, each time"
    );

    // What the service does, the commands do.
    let files = tempfile::tempdir().expect("a directory");
    let directory = files.path().to_str().expect("a path in UTF-8");
    let url = url(&hosts) + "?target_session_attrs=read-write";
    for arguments in
        [&["migrate", "up"][..], &["migrate", "status"], &["check"], &["backup", "create", "--backup-dir", directory]]
    {
        let finished = partbook(arguments).env("DATABASE_URL", &url).run().await;
        assert!(finished.status.success(), "{arguments:?}: {finished:?}");
    }
}

#[tokio::test]
async fn sessions_are_of_the_kind_that_is_asked_for() {
    let replicas = Replicas::start();
    drop(serve(&replicas.primary(), "").await);
    replicas.catch_up().await;
    let hosts = format!("{},{}", replicas.primary(), replicas.standby());
    for (kind, is_ready) in [
        ("any", true),
        ("primary", true),
        ("read-write", true),
        ("standby", false),
        ("read-only", false),
        ("prefer-standby", false),
    ] {
        let service = serve(&hosts, &format!("?target_session_attrs={kind}")).await;
        let answer = service.get("/readyz").await.expect(if is_ready { 200 } else { 503 });
        if !is_ready {
            assert_eq!(answer.json()["reason"], "database is a standby", "{kind}");
        }
        service.get(CPU.path).await.expect(200);
    }
    let service = serve(&replicas.primary(), "?target_session_attrs=prefer-standby").await;
    service.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn where_none_will_do_each_is_said_to_be_why() {
    let replicas = Replicas::start();
    let (dead, secret) = (dead(), random_word());
    let hosts = format!("{dead},{}", replicas.standby());
    let url = url(&hosts).replace("postgres@", &format!("postgres:{secret}@")) + "?target_session_attrs=primary";
    let finished = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &url).run().await;
    assert_eq!(finished.status.code(), Some(1), "{finished:?}");
    for said in [&format!("{dead}: Connection refused"), &format!("{}: it is a standby", replicas.standby())] {
        assert!(finished.stderr.contains(said.as_str()), "{said}: {}", finished.stderr);
    }
    assert!(!finished.stderr.contains(&secret), "{}", finished.stderr);
}

#[tokio::test]
async fn by_chance_both_are_asked_first() {
    let replicas = Replicas::start();
    let (one, other) = (Points::to(&replicas.primary()).await, Points::to(&replicas.primary()).await);
    let hosts = format!("{},{}", one.address(), other.address());
    // Each command asks one of them; that all of 24 ask the same happens once in eight million runs.
    for _ in 0..24 {
        partbook(&["migrate", "status"]).env("DATABASE_URL", &(url(&hosts) + "?load_balance_hosts=random")).run().await;
    }
    assert!(one.accepted() > 0 && other.accepted() > 0, "{} and {}", one.accepted(), other.accepted());
}

// The standby answers all the time, and will not do.
#[tokio::test]
async fn a_primary_that_was_silent_is_tried_when_no_other_will_do() {
    let replicas = Replicas::start();
    let primary = Points::to(&replicas.primary()).await;
    // Connections get no further than its backlog.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let hosts = format!("{},{}", primary.address(), replicas.standby());
    let service = serve(&hosts, "?target_session_attrs=read-write").await;
    service.create(&CPU, 1).await;
    let mut administrator = Connection::open(&url(&replicas.primary())).await;
    primary.lead_to(&silent.local_addr().expect("an address").to_string());
    administrator
        .run("select pg_terminate_backend(pid, 30000) from pg_stat_activity where application_name = 'partbook'")
        .await;
    let accepted = primary.accepted();
    let change = tokio::spawn(service.request(Method::POST, CPU.path).json(&(CPU.minimal)(2)).send());
    while primary.accepted() == accepted {
        tokio::task::yield_now().await;
    }
    primary.lead_to(&replicas.primary());
    let mut answer = change.await.expect("an answer");
    if answer.status == 503 {
        // It was over before there was another connection. Silent servers are passed over for twice as long.
        answer = service.post(CPU.path, &(CPU.minimal)(2)).await;
    }
    answer.expect(201);
}
