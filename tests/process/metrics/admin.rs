//! A listener of their own for the figures and the health checks. What it does while the service stops is in
//! [`crate::command_line`].

use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::prometheus::scraped;
use partbook_test_support::{Backend, Server, backends, partbook};

const VARIABLE: &str = "PARTBOOK_ADMIN_LISTEN";

/// Any port.
const FREE: &str = "127.0.0.1:0";

async fn start(backend: Backend) -> Server {
    Server::options().env(VARIABLE, FREE).start(backend).await
}

backends!(the_figures_are_on_the_listener_of_their_own);
async fn the_figures_are_on_the_listener_of_their_own(backend: Backend) {
    let service = start(backend).await;
    let admin = service.admin();
    service.get(CPU.path).await.expect(200);
    let labels = [("method", "GET"), ("path", CPU.path), ("status", "200")];
    let scrape = scraped(&admin.get("/metrics").await);
    assert_eq!(scrape.value("http_requests_total", &labels), Some(1.0));
    scraped(&admin.get("/metrics/").await);
    for path in ["/metrics", "/metrics/"] {
        service.get(path).await.problem(404);
    }
    for path in ["/health", "/livez", "/readyz"] {
        let (one, other) = (service.get(path).await.expect(200), admin.get(path).await.expect(200));
        assert_eq!(one.json(), other.json(), "{path}");
    }
    service.get("/docs").await.expect(200);
}

backends!(the_catalog_is_not_on_it: Sqlite);
async fn the_catalog_is_not_on_it(backend: Backend) {
    let service = start(backend).await;
    let admin = service.admin();
    let row = service.create(&CPU, 1).await;
    let of_entities = catalog().into_iter().flat_map(|entity| [entity.path.to_owned(), entity.at(&row["id"])]);
    let others =
        ["/", "/docs", "/openapi.json", "/v1/listings", "/v1/fields-data/entities", "/v1/fields-data/cpu/schema"];
    for path in of_entities.chain(others.map(str::to_owned)) {
        admin.get(&path).await.problem(404);
    }
    admin.delete(&CPU.at(&row["id"])).await.problem(404);
    service.get(&CPU.at(&row["id"])).await.expect(200);
    admin.delete("/metrics").await.problem(405);
}

#[tokio::test]
async fn it_may_be_a_flag() {
    let service = Server::options().arg("--admin-listen=127.0.0.1:0").env(VARIABLE, "nonsense");
    let service = service.start(Backend::Sqlite).await;
    scraped(&service.admin().get("/metrics").await);
    service.get("/metrics").await.problem(404);
}

#[tokio::test]
async fn without_it_the_figures_are_where_the_catalog_is() {
    let service = Server::options().env(VARIABLE, "").start(Backend::Sqlite).await;
    scraped(&service.get("/metrics").await);
    assert!(!service.log().contains("metrics and health"));
}

/// Demands that these two addresses are refused: one clear line on standard error, one of these exit codes, and no trace
/// of a start.
async fn refused(listen: &str, admin: &str, codes: &[i32]) -> String {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    let url = format!("sqlite://{}/partbook.db", directory.path().display());
    let call = partbook(&["serve", "--listen", listen]).env("DATABASE_URL", &url).env(VARIABLE, admin);
    let finished = call.run().await;
    assert!(finished.status.code().is_some_and(|code| codes.contains(&code)), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "one clear line: {}", finished.stderr);
    assert!(!directory.path().join("partbook.db").exists(), "a service that cannot start changes nothing");
    finished.stderr
}

#[tokio::test]
async fn a_bad_address_is_one_clear_line() {
    for address in ["nonsense", "127.0.0.1", "127.0.0.1:99999", ":9000", "http://127.0.0.1:9000", "off"] {
        let line = refused(FREE, address, &[2]).await;
        assert!(line.contains(VARIABLE) && line.contains(address), "{line}");
    }
    let line = partbook(&["serve", "--admin-listen", "nonsense"]).run().await;
    assert_eq!(line.status.code(), Some(2));
    assert!(line.stderr.contains("--admin-listen") && line.stderr.lines().count() == 1, "{}", line.stderr);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let line = refused(FREE, &address, &[1]).await;
    assert!(line.contains(&address), "which one: {line}");
}

#[tokio::test]
async fn one_address_cannot_be_both() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = free.local_addr().expect("an address").to_string();
    drop(free);
    let line = refused(&address, &address, &[1, 2]).await;
    assert!(line.contains(&address), "which one: {line}");
}
