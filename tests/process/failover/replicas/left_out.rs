//! Standbys that are not read from, and what becomes of reads then.

use partbook_test_support::Server;
use partbook_test_support::contract::CPU;
use partbook_test_support::points::Points;
use partbook_test_support::replicas::{Replicas, url};
use serde_json::json;

use super::{Client, in_use, reads, row_that_changes, serve_reading, serve_reading_within, serve_with};

const LAG: &str = "partbook_pg_read_lag_seconds";

#[tokio::test]
async fn one_that_is_too_far_behind() {
    let replicas = Replicas::start();
    let standby = replicas.standby();
    let service = serve_reading_within(&replicas, "1").await;
    in_use(&service, &standby, true).await;
    let (path, _, _) = row_that_changes(&replicas, &service).await;
    in_use(&service, &standby, false).await;
    assert_eq!(Client::new(&service).notes(&path, &[]).0, "new", "the primary answers");
    assert!(service.metrics().await.value(LAG, &[("server", &standby)]) > Some(0.0));
    service.get("/readyz").await.expect(200);
    let health = service.get("/health").await.expect(200).json();
    assert_eq!(health["replicas"], json!({"in_use": 0, "left_out": 1}));

    replicas.resume().await;
    in_use(&service, &standby, true).await;
    let told = service.metrics_when(|scrape| scrape.value(LAG, &[("server", &standby)]) == Some(0.0)).await;
    assert!(told.sum("partbook_pg_reads_passed_on_total", &[]) >= 1.0);
    let before = reads(&service, &standby).await;
    Client::new(&service).notes(&path, &[]);
    assert_eq!(reads(&service, &standby).await, before + 1);
}

#[tokio::test]
async fn one_that_is_gone_until_it_is_back() {
    let mut replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    replicas.catch_up().await;
    let before = reads(&service, &replicas.standby()).await;
    Client::new(&service).notes(&path, &[]);
    assert_eq!(reads(&service, &replicas.standby()).await, before + 1);

    replicas.kill_standby();
    for _ in 0..20 {
        Client::new(&service).notes(&path, &[]);
    }
    in_use(&service, &replicas.standby(), false).await;
    service.get("/readyz").await.expect(200);
    service.get(CPU.path).await.expect(200);
    let health = service.get("/health").await.expect(200).json();
    assert_eq!(health["replicas"], json!({"in_use": 0, "left_out": 1}));

    replicas.start_standby();
    in_use(&service, &replicas.standby(), true).await;
    let before = reads(&service, &replicas.standby()).await;
    Client::new(&service).notes(&path, &[]);
    assert_eq!(reads(&service, &replicas.standby()).await, before + 1);
}

// Both servers are named in both URLs, as where roles change.
#[tokio::test]
async fn one_that_has_become_the_primary() {
    let mut replicas = Replicas::start();
    let (first, second) = (replicas.primary(), replicas.standby());
    let hosts = format!("{first},{second}");
    let options = Server::options().env("DATABASE_READ_URL", &url(&hosts)).env("PARTBOOK_READ_MAX_LAG", "3600");
    let service = serve_with(options, &hosts, "?target_session_attrs=read-write").await;
    in_use(&service, &second, true).await;
    in_use(&service, &first, false).await;
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    let before = Client::new(&service).write(&path, "before");
    replicas.catch_up().await;

    replicas.switch();
    in_use(&service, &second, false).await;
    let after = Client::new(&service).write(&path, "after");
    assert!(before.starts_with("00000001") && after.starts_with("00000002"), "{before} {after}");
    assert_eq!(Client::new(&service).notes(&path, &[&after]).0, "after");
    assert_eq!(Client::new(&service).notes(&path, &[&before]).0, "after", "a token of before is good for the primary");
    in_use(&service, &first, true).await;
    let reads_before = reads(&service, &first).await;
    Client::new(&service).notes(&path, &[]);
    assert_eq!(reads(&service, &first).await, reads_before + 1, "the former primary is read from");
}

// Behind a proxy each connection may lead to another server.
#[tokio::test]
async fn a_primary_behind_a_proxy() {
    let replicas = Replicas::start();
    let points = Points::to(&replicas.primary()).await;
    let options = Server::options().env("DATABASE_READ_URL", &url(points.address()));
    let service = serve_with(options, &replicas.primary(), "").await;
    in_use(&service, points.address(), false).await;
    service.logged("not a standby").await;
    let row = service.create(&CPU, 1).await;
    Client::new(&service).notes(&CPU.at(&row["id"]), &[]);
    assert_eq!(reads(&service, points.address()).await, 0);
    // The connections to the primary do not last for ever.
    points.lead_to(&replicas.standby());
    in_use(&service, points.address(), true).await;
}

#[tokio::test]
async fn a_standby_of_another_database() {
    let (replicas, others) = (Replicas::start(), Replicas::start());
    let options = Server::options().env("DATABASE_READ_URL", &url(&others.standby()));
    let service = serve_with(options, &replicas.primary(), "").await;
    service.logged("a copy of another database").await;
    service.create(&CPU, 1).await;
    assert_eq!(service.get(CPU.path).await.array().len(), 1);
    assert_eq!(reads(&service, &others.standby()).await, 0);
}
