//! Taking a connection to PostgreSQL where a new one is not to be had, or an open one is dead.

use partbook_test_support::contract::CPU;
use partbook_test_support::relay::Relay;
use partbook_test_support::{Backend, Database, Method, Service, together};

#[tokio::test]
async fn two_connections_are_enough() {
    let database = Database::prepared(Backend::Postgres);
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("alter role {role} connection limit 2")).await;
    let service = Service::options().url(&url).start_on(&database).await;
    let row = service.create(&CPU, 1).await;
    for _ in 0..3 {
        for answer in together((0..12).map(|_| service.request(Method::GET, &CPU.at(&row["id"])))).await {
            answer.expect(200);
        }
        for answer in together((0..12).map(|_| service.request(Method::GET, "/readyz"))).await {
            answer.expect(200);
        }
    }
}

#[tokio::test]
async fn connections_that_a_relay_has_forgotten_are_replaced() {
    let database = Database::prepared(Backend::Postgres);
    let relay = Relay::to(&database).await;
    let service = Service::options().url(relay.url()).start_on(&database).await;
    let get = || service.request(Method::GET, CPU.path);
    for answer in together((0..8).map(|_| get())).await {
        answer.expect(200);
    }
    // One that has just been used is taken to be alive.
    let rested = "select coalesce(min(clock_timestamp() - state_change), '2 s') > '1.1 s' from pg_stat_activity
        where datname = current_database() and application_name = 'partbook'";
    while database.value(rested).await.as_deref() != Some("t") {}
    let before = relay.accepted();
    relay.forget();
    for answer in together((0..8).map(|_| get())).await {
        answer.expect(200);
    }
    assert!(relay.accepted() > before, "no connection was opened anew");
    get().send().await.expect(200);
}

#[tokio::test]
async fn a_request_that_was_given_up_on_a_dead_connection_gives_it_back() {
    let database = Database::prepared(Backend::Postgres);
    let relay = Relay::to(&database).await;
    let service = Service::options().url(relay.url()).pool_size(1).start_on(&database).await;
    // The rows are counted now, and not again for a while.
    service.get("/metrics").await.expect(200);
    service.get(CPU.path).await.expect(200);
    relay.forget();
    // It has been used a moment ago; no answer ever comes.
    let lost = tokio::spawn(service.request(Method::GET, CPU.path).send());
    let in_use = async || {
        tokio::task::yield_now().await;
        service.get("/metrics").await.text().contains("partbook_db_pool_connections_in_use 1")
    };
    while !in_use().await {}
    lost.abort();
    while in_use().await {}
    service.get(CPU.path).await.expect(200);
}
