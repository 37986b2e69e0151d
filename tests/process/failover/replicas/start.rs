//! What a start makes of replicas.

use partbook_test_support::replicas::Replicas;
use partbook_test_support::{Backend, Server, backends, partbook, random_word};

use super::serve_with;

#[tokio::test]
async fn replicas_that_make_no_sense_are_refused() {
    let (postgres, sqlite) = ("postgres://u@127.0.0.1:1/d", "sqlite://partbook.db");
    for (database, read, other, said) in [
        (sqlite, postgres, ("", ""), "replicas of PostgreSQL only"),
        (postgres, sqlite, ("", ""), "replicas of PostgreSQL only"),
        (postgres, postgres, ("PARTBOOK_READ_ONLY", "true"), "PARTBOOK_READ_ONLY"),
        (postgres, "postgres://u@h/d?target_session_attrs=read-write", ("", ""), "asks for the primary"),
        (postgres, "postgres//u:secret@h/d", ("", ""), "DATABASE_READ_URL: the database URL has no scheme"),
        (postgres, postgres, ("PARTBOOK_READ_MAX_LAG", "0"), "PARTBOOK_READ_MAX_LAG"),
    ] {
        let mut command = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", database);
        command = command.env("DATABASE_READ_URL", read);
        if !other.0.is_empty() {
            command = command.env(other.0, other.1);
        }
        let finished = command.run().await;
        assert_eq!(finished.status.code(), Some(2), "{read}: {finished:?}");
        assert!(finished.stderr.contains(said) && !finished.stderr.contains("secret"), "{said}: {finished:?}");
    }
    let finished = partbook(&["serve", "--database-read-url", "postgres://u:secret@h/d"]).run().await;
    assert!(finished.stderr.contains("set DATABASE_READ_URL or DATABASE_READ_URL_FILE"), "{finished:?}");
}

#[tokio::test]
async fn one_that_is_away_keeps_nobody_from_starting() {
    let replicas = Replicas::start();
    let secret = random_word();
    let read = format!("postgres://postgres:{secret}@127.0.0.1:1,{}/postgres", replicas.standby());
    let service = serve_with(Server::options().env("DATABASE_READ_URL", &read), &replicas.primary(), "").await;
    super::in_use(&service, &replicas.standby(), true).await;
    service.get("/readyz").await.expect(200);
    service.logged("does not answer").await;
    assert!(!service.log().contains(&secret), "{}", service.log());
    let told = service.metrics().await;
    let lag = told.value("partbook_pg_read_lag_seconds", &[("server", "127.0.0.1:1")]);
    assert!(lag.is_some_and(f64::is_nan), "{lag:?}");
    assert_eq!(service.get("/health").await.json()["replicas"]["left_out"], 1);
}

backends!(health_says_nothing_of_replicas_where_there_are_none: Sqlite, Postgres);
async fn health_says_nothing_of_replicas_where_there_are_none(backend: Backend) {
    let service = Server::start(backend).await;
    assert!(service.get("/health").await.expect(200).json().get("replicas").is_none());
}
