//! Which client a request is said to come from.

use serde_json::Value;

use partbook_test_support::{Backend, Method, Server};

const PROXIES: &str = "PARTBOOK_TRUSTED_PROXIES";
const HEADER: &str = "PARTBOOK_FORWARDED_HEADER";

/// What the log says of a request with these headers.
async fn client(server: &Server, id: &str, headers: &[(&str, &str)]) -> Value {
    let request = server.request(Method::GET, "/v1/catalog/cpus").header("X-Request-ID", id);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await.expect(200);
    server.lines_of(id).await[0]["span"]["client"].clone()
}

#[tokio::test]
async fn nobody_is_believed_who_is_not_trusted() {
    let server = Server::start(Backend::Sqlite).await;
    for (id, header) in [("a", ("X-Forwarded-For", "192.0.2.7")), ("b", ("Forwarded", "for=192.0.2.7"))] {
        assert_eq!(client(&server, id, &[header]).await, "127.0.0.1");
    }
}

#[tokio::test]
async fn a_trusted_proxy_says_for_whom_it_asks() {
    let server = Server::options().env(PROXIES, "unix, 127.0.0.0/8").start(Backend::Sqlite).await;
    assert_eq!(client(&server, "a", &[("X-Forwarded-For", "198.51.100.1, 192.0.2.7, 127.0.0.2")]).await, "192.0.2.7");
    let lines = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", "2001:db8::7")];
    assert_eq!(client(&server, "b", &lines).await, "2001:db8::7");
    assert_eq!(client(&server, "c", &[("Forwarded", "for=192.0.2.7")]).await, "127.0.0.1", "another header");
    let server = Server::options().env(PROXIES, "127.0.0.1").env(HEADER, "Forwarded").start(Backend::Sqlite).await;
    let both = [("Forwarded", "for=\"192.0.2.7:4711\";proto=https"), ("X-Forwarded-For", "198.51.100.1")];
    assert_eq!(client(&server, "d", &both).await, "192.0.2.7");
}
