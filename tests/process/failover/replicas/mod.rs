//! Reads from replicas (contract section 7). While a standby replays nothing it shows what was, so that an answer tells where it
//! comes from.

mod left_out;
mod start;
mod tokens;
mod what_goes_there;

use partbook_test_support::contract::CPU;
use partbook_test_support::replicas::{Replicas, url};
use partbook_test_support::{Server, wire};
use serde_json::Value;

use super::serve_with;

const TOKEN: &str = "partbook-consistency-token";

/// A service that reads from the standby, however far that is behind.
async fn serve_reading(replicas: &Replicas) -> Server {
    let service = serve_reading_within(replicas, "3600").await;
    in_use(&service, &replicas.standby(), true).await;
    service
}

async fn serve_reading_within(replicas: &Replicas, max_lag: &str) -> Server {
    let options = Server::options().env("DATABASE_READ_URL", &url(&replicas.standby()));
    serve_with(options.env("PARTBOOK_READ_MAX_LAG", max_lag), &replicas.primary(), "").await
}

/// Waits until a server is read from, or is not.
async fn in_use(service: &Server, server: &str, is: bool) {
    let wanted = Some(if is { 1.0 } else { 0.0 });
    let gauge = "partbook_pg_read_server_in_use";
    service.metrics_when(|scrape| scrape.value(gauge, &[("server", server)]) == wanted).await;
}

/// How many queries a server has answered.
async fn reads(service: &Server, server: &str) -> u64 {
    let count = service.metrics().await.sum("partbook_pg_reads_total", &[("server", server)]);
    count.to_string().parse().expect("a whole number")
}

/// A client with a connection of its own.
struct Client(std::net::TcpStream);

impl Client {
    fn new(service: &Server) -> Self {
        Self(wire::connect(service.address()))
    }

    /// Asks; the answer's headers, and its body.
    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (String, String) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let content = if body.is_empty() {
            String::new()
        } else {
            format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())
        };
        wire::send(
            &mut self.0,
            &format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{content}\r\n{body}"),
        );
        wire::answer(&mut self.0)
    }

    /// The notes of a row, and the token of the answer.
    fn notes(&mut self, path: &str, tokens: &[&str]) -> (String, String) {
        let headers: Vec<_> = tokens.iter().map(|token| (TOKEN, *token)).collect();
        let (head, body) = self.ask("GET", path, &headers, "");
        assert_eq!(wire::status(&head), 200, "{head}{body}");
        let row: Value = serde_json::from_str(&body).expect("a row");
        (row["notes"].as_str().unwrap_or_default().to_owned(), token(&head))
    }

    /// Gives a row notes; the token of the answer.
    fn write(&mut self, path: &str, notes: &str) -> String {
        let (head, body) = self.ask("PATCH", path, &[], &format!(r#"{{"notes": "{notes}"}}"#));
        assert_eq!(wire::status(&head), 200, "{head}{body}");
        token(&head)
    }
}

fn token(head: &str) -> String {
    wire::header(head, TOKEN).unwrap_or_else(|| panic!("no token: {head}")).to_owned()
}

/// A row that both servers have, of which the standby shows `old` from now on, and the primary `new`. Its path, and the tokens of
/// both.
async fn row_that_changes(replicas: &Replicas, service: &Server) -> (String, String, String) {
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    let mut writer = Client::new(service);
    let old = writer.write(&path, "old");
    replicas.catch_up().await;
    replicas.pause().await;
    let new = writer.write(&path, "new");
    (path, old, new)
}
