//! How far standbys are behind, as the figures tell it.

use partbook_test_support::prometheus::Scrape;
use partbook_test_support::replicas::{Replicas, url};
use partbook_test_support::sql::Connection;
use partbook_test_support::{Backend, Database, Server};

use super::{serve, serve_with};

const LAG: &str = "partbook_pg_replication_lag_seconds";

/// The figures, once the server was asked.
async fn figures(service: &Server) -> Scrape {
    service.metrics_when(|scrape| scrape.value(LAG, &[]).is_some()).await
}

#[tokio::test]
async fn it_is_told_by_either_server_to_those_who_may_know() {
    let replicas = Replicas::start();
    let writer = serve(&replicas.primary(), "").await;
    let told = figures(&writer).await;
    assert_eq!(told.value("partbook_pg_standbys", &[]), Some(1.0));
    assert!(told.value(LAG, &[]) >= Some(0.0), "{:?}", told.value(LAG, &[]));

    replicas.catch_up().await;
    let reader = serve_with(Server::options().env("PARTBOOK_READ_ONLY", "true"), &replicas.standby(), "").await;
    let told = figures(&reader).await;
    assert_eq!((told.value("partbook_pg_standbys", &[]), told.value(LAG, &[])), (Some(0.0), Some(0.0)));

    let mut administrator = Connection::open(&url(&replicas.primary())).await;
    administrator.run("create role reader login in role pg_read_all_data").await;
    let unprivileged = url(&replicas.primary()).replace("postgres@", "reader@");
    let options = Server::options().env("PARTBOOK_READ_ONLY", "true").env("DATABASE_URL", &unprivileged);
    let told = figures(&options.start_on(&Database::create(Backend::Sqlite)).await).await;
    assert_eq!(told.value("partbook_pg_standbys", &[]), Some(1.0));
    assert!(told.value(LAG, &[]).is_some_and(f64::is_nan), "{:?}", told.value(LAG, &[]));
}
