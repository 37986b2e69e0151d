//! Which database a URL chooses (contract section 9).

use reqwest::Url;

use super::{file, path_of, refused, serve, vacant};
use partbook_test_support::cluster::cluster;
use partbook_test_support::{Backend, Database, Server, partbook};

#[tokio::test]
async fn another_scheme_is_refused() {
    for url in [
        "mysql://u:s3cret@127.0.0.1/d",
        "postgre://u:s3cret@127.0.0.1/d",
        "postgres:/u:s3cret@127.0.0.1/d",
        "file:///tmp/x.db",
        "http://u:s3cret@127.0.0.1/d",
        "partbook.db",
        "./partbook.db",
        "/tmp/partbook.db",
        "nonsense",
        "sqlite+aiosqlite+x",
        "://",
    ] {
        let finished = serve(&[("DATABASE_URL", url)]).run().await;
        let text = refused(&finished, 2);
        assert!(text.contains("DATABASE_URL"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
        if !url.starts_with("postgres:/u") {
            assert!(text.contains("sqlite://") && text.contains("postgres://"), "what would do: {text}");
        }
    }
    refused(&partbook(&["serve", "--database-url", ""]).run().await, 2);
}

#[tokio::test]
async fn a_mistyped_name_creates_no_file() {
    let directory = tempfile::TempDir::new().expect("a temporary directory");
    for url in ["partbook.db", "sqlit://partbook.db"] {
        let status = std::process::Command::new(env!("CARGO_BIN_EXE_partbook"))
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", url)
            .current_dir(&directory)
            .output()
            .expect("the binary starts");
        assert_eq!(status.status.code(), Some(2));
    }
    assert_eq!(std::fs::read_dir(&directory).expect("a directory").count(), 0);
}

#[tokio::test]
async fn a_sqlite_file_is_created_at_the_first_start_and_kept() {
    let (_directory, path) = vacant();
    let database = Database::create(Backend::Sqlite);
    let url = format!("sqlite://{path}");
    let service = Server::options().env("DATABASE_URL", &url).start_on(&database).await;
    assert!(std::path::Path::new(&path).exists());
    let row = service.create(&partbook_test_support::contract::CPU, 1).await;
    assert!(service.stop().await.success());
    let service = Server::options().env("DATABASE_URL", &url).start_on(&database).await;
    assert_eq!(service.get("/v1/catalog/cpus").await.array(), [row]);
}

#[tokio::test]
async fn a_directory_that_is_missing_is_said_to_be() {
    let (directory, _) = vacant();
    let path = directory.path().join("missing/partbook.db");
    let url = format!("sqlite://{}", path.display());
    let finished = serve(&[("DATABASE_URL", &url)]).run().await;
    assert!(refused(&finished, 1).contains("missing"), "{finished:?}");
}

#[tokio::test]
async fn a_strangers_file_is_refused_and_left_as_it_is() {
    let stranger = Database::create(Backend::Sqlite);
    stranger.sql("create table diary (day text); insert into diary values ('monday')").await;
    let (_directory, text) = file(b"This is no database at all, but a text that somebody may want to keep.\n");
    for path in [path_of(&stranger), text] {
        let before = std::fs::read(&path).expect("the file");
        let url = format!("sqlite://{path}");
        for (call, code) in [
            (serve(&[("DATABASE_URL", &url)]), 1),
            (partbook(&["serve", "--demo", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &url), 1),
            (partbook(&["migrate", "up"]).env("DATABASE_URL", &url), 1),
            (partbook(&["migrate", "down"]).env("DATABASE_URL", &url), 1),
            (partbook(&["migrate", "status"]).env("DATABASE_URL", &url), 2),
            (partbook(&["migrate", "drift"]).env("DATABASE_URL", &url), 2),
        ] {
            refused(&call.run().await, code);
            assert!(std::fs::read(&path).expect("the file") == before, "not a byte may change");
            for suffix in ["-wal", "-shm", "-journal"] {
                assert!(!std::path::Path::new(&format!("{path}{suffix}")).exists(), "{suffix}");
            }
        }
    }
    let finished = serve(&[("DATABASE_URL", &stranger.url())]).run().await;
    assert!(finished.stderr.contains("diary"), "what was found: {}", finished.stderr);
}

#[tokio::test]
async fn a_strangers_postgres_is_refused_and_left_as_it_is() {
    let stranger = Database::create(Backend::Postgres);
    stranger.sql("create table diary (day text)").await;
    let before = stranger.schema().await;
    let finished = serve(&[("DATABASE_URL", &stranger.url())]).run().await;
    assert!(refused(&finished, 1).contains("diary"), "{finished:?}");
    assert_eq!(stranger.schema().await, before);
}

#[tokio::test]
async fn another_schema_of_the_database_does_not_matter() {
    let database = Database::create(Backend::Postgres);
    database.sql("create schema elsewhere; create table elsewhere.diary (day text)").await;
    Server::options().start_on(&database).await.get("/v1/catalog/cpus").await.expect(200);
}

/// Starts on a PostgreSQL database under another spelling of its URL.
async fn starts_as(database: &Database, url: &str) {
    let service = Server::options().env("DATABASE_URL", url).start_on(database).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    assert!(service.stop().await.success());
}

#[tokio::test]
async fn the_spellings_of_operators_work() {
    let database = Database::create(Backend::Postgres);
    let url = database.url();
    let rest = url.split_once("://").expect("a URL").1.to_owned();
    for scheme in
        ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg", "postgresql+psycopg2", "postgres+x"]
    {
        starts_as(&database, &format!("{scheme}://{rest}")).await;
    }
    for query in ["sslmode=disable", "sslmode=prefer", "application_name=parts", "ssl=disable"] {
        starts_as(&database, &format!("postgresql+asyncpg://{rest}?{query}")).await;
    }
    let Some(socket) = &cluster().socket_directory else { return };
    let parsed = Url::parse(&url).expect("a URL");
    let (socket, port, name) = (socket.display(), parsed.port().expect("a port"), parsed.path());
    starts_as(&database, &format!("postgresql+asyncpg://postgres@{name}?host={socket}&port={port}")).await;
    starts_as(&database, &format!("postgres://postgres@{}:{port}{name}", socket.to_string().replace('/', "%2F"))).await;
}

#[tokio::test]
async fn a_server_without_tls_is_no_server_when_tls_is_asked_for() {
    let database = Database::create(Backend::Postgres);
    let finished = serve(&[("DATABASE_URL", &format!("{}?sslmode=require", database.url()))]).run().await;
    refused(&finished, 1);
    let password = Url::parse(&database.url()).expect("a URL").password().expect("a password").to_owned();
    assert!(!finished.stderr.contains(&password));
}

#[tokio::test]
async fn a_password_is_never_written() {
    let database = Database::create(Backend::Postgres);
    let mut url = Url::parse(&database.url()).expect("a URL");
    let right = url.password().expect("a password").to_owned();
    let service = Server::options().env("PARTBOOK_LOG_LEVEL", "trace").start_on(&database).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    assert!(!service.log().contains(&right));
    url.set_password(Some("s3cret%20wr%C3%B6ng")).expect("a URL with a host");
    let mut nowhere = url.clone();
    nowhere.set_port(Some(1)).expect("a URL with a host");
    let mut missing = Url::parse(&database.url()).expect("a URL");
    missing.set_path("no_such_database");
    for (url, secret) in [(&url, "s3cret"), (&nowhere, "s3cret"), (&missing, right.as_str())] {
        for (arguments, code) in
            [(&["serve", "--listen", "127.0.0.1:0"][..], 1), (&["migrate", "up"], 1), (&["migrate", "status"], 2)]
        {
            for level in ["info", "trace"] {
                let call = partbook(arguments).env("PARTBOOK_LOG_LEVEL", level).env("DATABASE_URL", url.as_str());
                let finished = call.run().await;
                assert_eq!(finished.status.code(), Some(code), "{finished:?}");
                assert!(!format!("{finished:?}").contains(secret), "{finished:?}");
                if level == "info" {
                    refused(&finished, code);
                }
            }
        }
    }
}
