//! A change whose connection is lost: before its commit was sent, or after (contract section 7).

use partbook_test_support::contract::CPU;
use partbook_test_support::points::{Cut, Points};
use partbook_test_support::{Backend, Database, Method, Server};
use reqwest::Url;
use serde_json::json;

const INSERT: &str = "insert into cpu";

/// A service that reaches its database by way of points.
async fn pointed(database: &Database) -> (Server, Points) {
    let mut url = Url::parse(&database.url()).expect("a URL");
    let points = Points::to(&format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"))).await;
    let port = points.address().rsplit(':').next().and_then(|port| port.parse().ok());
    url.set_port(port).expect("a URL with a port");
    // A statement that stays prepared has no text when it is sent again.
    let options = Server::options().env("PARTBOOK_STATEMENT_CACHE", "off");
    (options.env("DATABASE_URL", url.as_str()).start_on(database).await, points)
}

async fn rows(service: &Server) -> Option<String> {
    service.database().value("select count(*)::text from cpu").await
}

#[tokio::test]
async fn what_surely_did_not_happen_is_done_again() {
    let database = Database::prepared(Backend::Postgres);
    let (service, points) = pointed(&database).await;
    for (number, cut) in (1..).zip([Cut::Before("begin"), Cut::Before(INSERT), Cut::After(INSERT)]) {
        points.cut("", cut);
        service.post(CPU.path, &(CPU.minimal)(number)).await.expect(201);
        assert_eq!(rows(&service).await, Some(number.to_string()), "{cut:?}");
        let retries = service.metrics().await.sum("partbook_db_retries_total", &[]);
        assert!(retries > f64::from(number) - 0.5, "{cut:?}: {retries} retries");
    }
}

#[tokio::test]
async fn what_may_have_happened_is_said_to() {
    let database = Database::prepared(Backend::Postgres);
    let (service, points) = pointed(&database).await;
    points.cut(INSERT, Cut::After("commit"));
    let problem = service.post(CPU.path, &(CPU.minimal)(1)).await.problem(503);
    assert!(problem.detail.contains("it may have been made"), "{}", problem.detail);
    assert_eq!(rows(&service).await.as_deref(), Some("1"), "once, although it was not answered");
    // A service cannot know that the server never got it.
    points.cut(INSERT, Cut::Before("commit"));
    let problem = service.post(CPU.path, &(CPU.minimal)(2)).await.problem(503);
    assert!(problem.detail.contains("it may have been made"), "{}", problem.detail);
    assert_eq!(rows(&service).await.as_deref(), Some("1"));
    // A change is told so as well, and is not made twice.
    let row = service.get(CPU.path).await.array()[0].clone();
    let change = |notes: &str| service.request(Method::PATCH, &CPU.at(&row["id"])).json(&json!({ "notes": notes }));
    points.cut("update cpu", Cut::After("commit"));
    let problem = change("changed").send().await.problem(503);
    assert!(problem.detail.contains("it may have been made"), "{}", problem.detail);
    assert_eq!(service.get(&CPU.at(&row["id"])).await.expect(200).json()["notes"], "changed");
}

// The answer is stored with the work: the service finds it, as a client would.
#[tokio::test]
async fn with_a_key_what_may_have_happened_is_found() {
    let database = Database::prepared(Backend::Postgres);
    let (service, points) = pointed(&database).await;
    for cut in [Cut::After("commit"), Cut::Before("commit")] {
        points.cut(INSERT, cut);
        let key = format!("{cut:?}").replace(['(', ')', '"'], "-");
        let body = (CPU.minimal)(if cut == Cut::After("commit") { 1 } else { 2 });
        let create = || service.request(Method::POST, CPU.path).json(&body).header("Idempotency-Key", &key);
        let first = create().send().await.expect(201).json();
        assert_eq!(create().send().await.expect(201).json(), first, "{cut:?}");
    }
    assert_eq!(rows(&service).await.as_deref(), Some("2"));
}

#[tokio::test]
async fn a_read_whose_connection_is_lost_is_done_again() {
    let database = Database::prepared(Backend::Postgres);
    let (service, points) = pointed(&database).await;
    let row = service.create(&CPU, 1).await;
    points.cut("", Cut::After("from cpu"));
    assert_eq!(service.get(&CPU.at(&row["id"])).await.expect(200).json(), row);
}
