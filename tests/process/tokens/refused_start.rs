//! A start on an address that others reach.

use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Database, Server, Tokens, partbook};

async fn serve(settings: &[(&str, &str)]) -> Finished {
    let database = Database::create(Backend::Sqlite);
    let call = partbook(&["serve"]).env("DATABASE_URL", &database.url());
    let finished = settings.iter().fold(call, |call, (name, value)| call.env(name, value)).run().await;
    assert_eq!((finished.status.code(), &*finished.stdout), (Some(2), ""), "{finished:?}");
    finished
}

#[tokio::test]
async fn what_others_reach_is_served_when_it_is_said_to_whom() {
    let unsaid: &[&[(&str, &str)]] = &[
        &[("PARTBOOK_LISTEN", "0.0.0.0:0")],
        &[("PARTBOOK_LISTEN", "0.0.0.0:0"), ("PARTBOOK_ANONYMOUS", "")],
        &[("PARTBOOK_LISTEN", "[::]:0")],
    ];
    for settings in unsaid {
        let line = serve(settings).await.stderr;
        assert_eq!(line.trim_end().lines().count(), 1, "{line}");
        assert!(line.starts_with("partbook: PARTBOOK_ANONYMOUS: ") && line.contains("none, read or write"), "{line}");
    }
    let line = serve(&[("PARTBOOK_ANONYMOUS", "everything")]).await.stderr;
    assert!(line.contains("PARTBOOK_ANONYMOUS: `everything` is none of none, read and write"), "{line}");
}

#[tokio::test]
async fn a_socket_that_is_handed_over_is_judged_by_its_address() {
    let database = Database::create(Backend::Sqlite);
    let socket = std::net::TcpListener::bind("0.0.0.0:0").expect("a port");
    let call = partbook(&["serve"]).env("DATABASE_URL", &database.url()).socket(socket);
    let finished = call.run().await;
    assert_eq!(finished.status.code(), Some(2), "{finished:?}");
    assert!(finished.stderr.contains("none, read or write"), "{finished:?}");
}

#[tokio::test]
async fn a_file_of_tokens_is_in_order_or_nothing_is_served() {
    let tokens = Tokens::of(&[("ci", "scope=write"), ("other", "scope=everything")]);
    let path = tokens.path();
    let path = path.to_str().expect("a path in UTF-8");
    let line = serve(&[("PARTBOOK_LISTEN", "127.0.0.1:0"), ("PARTBOOK_TOKENS_FILE", path)]).await.stderr;
    assert!(line.starts_with(&format!("partbook: PARTBOOK_TOKENS_FILE: `{path}`: line 2 holds no token: ")), "{line}");
    let line = serve(&[("PARTBOOK_LISTEN", "127.0.0.1:0"), ("PARTBOOK_TOKENS_FILE", "/nowhere/tokens")]).await.stderr;
    assert!(line.starts_with("partbook: PARTBOOK_TOKENS_FILE: `/nowhere/tokens`: "), "{line}");
}

#[tokio::test]
async fn on_a_loopback_address_everything_goes_on_as_it_did() {
    let server = Server::start(Backend::Sqlite).await;
    server.post("/v1/catalog/cpus", &serde_json::json!({"name": "a", "manufacturer": "b"})).await.expect(201);
    // Neither a proxy's password nor the sign-in of a platform is a token.
    for authorization in ["Basic dXNlcjpwYXNz", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln", "Negotiate YII="] {
        let request = server.request(partbook_test_support::Method::GET, "/v1/catalog/cpus");
        request.header("Authorization", authorization).send().await.expect(200);
    }
}
