//! Settings by flag and by environment.

use super::{file, refused, serve, vacant};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Database, Method, Server, partbook};

const SQLITE: &str = "sqlite://partbook.db";

#[tokio::test]
async fn a_flag_goes_before_the_environment() {
    let options = Server::options().arg("--environment").arg("by-flag").env("PARTBOOK_ENVIRONMENT", "by-variable");
    let service = options.start(Backend::Sqlite).await;
    assert_eq!(service.get("/health").await.json()["environment"], "by-flag");
    // The variable alone would be refused.
    let options = Server::options().arg("--listen=127.0.0.1:0").env("PARTBOOK_LISTEN", "nonsense");
    options.start(Backend::Sqlite).await.get("/health").await.expect(200);

    let (database, other) = (Database::create(Backend::Sqlite), vacant());
    let options = Server::options().arg("--database-url").arg(&database.url());
    let service = options.env("DATABASE_URL", &format!("sqlite://{}", other.1)).start_on(&database).await;
    service.get("/health").await.expect(200);
    assert!(!std::path::Path::new(&other.1).exists(), "the other database was not touched");
}

#[tokio::test]
async fn an_empty_variable_counts_as_not_set() {
    for empty in ["", " "] {
        let options = Server::options().env("DATABASE_URL_FILE", empty).env("PARTBOOK_ENVIRONMENT", empty);
        let options = options.env("PARTBOOK_ADMIN_LISTEN", empty).env("PARTBOOK_POOL_SIZE", empty);
        let service = options.start(Backend::Sqlite).await;
        assert_eq!(service.get("/health").await.json()["environment"], "development");
    }
    let options = Server::options().env("PARTBOOK_ENVIRONMENT", " shop ").env("PARTBOOK_POOL_SIZE", "\t2\n");
    let service = options.start(Backend::Sqlite).await;
    assert_eq!(service.get("/health").await.json()["environment"], "shop", "without the white space around it");
}

#[tokio::test]
async fn the_database_is_named_in_one_way() {
    let (url, file) = ("sqlite://u:s3cret.db", "/nowhere/s3cret");
    let both = partbook(&["serve"]).env("DATABASE_URL", url).env("DATABASE_URL_FILE", file);
    let finished = both.run().await;
    let text = refused(&finished, 2);
    assert!(text.contains("DATABASE_URL and DATABASE_URL_FILE") && !text.contains("s3cret"), "{text}");
    let finished = partbook(&["serve", "--database-url", url, "--database-url-file", file]).run().await;
    let text = refused(&finished, 2);
    assert!(text.contains("--database-url and --database-url-file") && !text.contains("s3cret"), "{text}");
    // A flag goes before the other's variable, too.
    let finished = partbook(&["serve", "--database-url-file", file]).env("DATABASE_URL", url).run().await;
    assert!(refused(&finished, 2).contains("--database-url-file"));
}

#[tokio::test]
async fn a_bad_setting_is_one_clear_line_and_two() {
    for (name, values) in [
        ("PARTBOOK_LISTEN", &["nonsense", "127.0.0.1", "127.0.0.1:99999", ":8000", "http://127.0.0.1:8000"][..]),
        ("PARTBOOK_CORS_ORIGINS", &["nonsense", "ftp://x", "http://x/path", "https://*.example.com", "*,http://a"]),
        ("PARTBOOK_LOG_LEVEL", &["loud", "sqlx=loud"]),
        ("PARTBOOK_LOG_FORMAT", &["xml", "JSON5"]),
        ("PARTBOOK_POOL_SIZE", &["0", "-1", "many", "1.5", "99999999999999999999"]),
        ("PARTBOOK_STATEMENT_CACHE", &["perhaps"]),
        ("PARTBOOK_BASE_PATH", &["parts", "/parts/", "/", "/a?b", "/a/../b", "/v1"]),
        ("PARTBOOK_LEGACY_LIMIT", &["true", "IGNORE"]),
        ("PARTBOOK_HEADER_TIMEOUT", &["0", "3601", "1.5", "soon"]),
        ("PARTBOOK_IDLE_TIMEOUT", &["0", "3601", "-1"]),
        ("PARTBOOK_ENVIRONMENT", &["a\nb"]),
    ] {
        for value in values {
            // Without `--listen`: the flag would go first.
            let finished = partbook(&["serve"]).env("DATABASE_URL", SQLITE).env(name, value).run().await;
            let text = refused(&finished, 2);
            assert!(text.contains(name), "which setting: {text}");
        }
    }
}

#[tokio::test]
async fn a_bad_flag_is_named_as_a_flag() {
    for (flag, value) in
        [("--listen", "nonsense"), ("--pool-size", "0"), ("--log-level", "loud"), ("--cors-origins", "x")]
    {
        let finished = partbook(&["serve", flag, value]).env("DATABASE_URL", SQLITE).run().await;
        let text = refused(&finished, 2);
        assert!(text.contains(flag) && text.contains(value), "{text}");
    }
}

#[tokio::test]
async fn every_setting_does_with_a_good_value() {
    for (name, value) in [
        ("PARTBOOK_LOG_LEVEL", "debug"),
        ("PARTBOOK_LOG_LEVEL", "info,sqlx=warn"),
        ("PARTBOOK_LOG_FORMAT", "text"),
        ("PARTBOOK_POOL_SIZE", "1"),
        ("PARTBOOK_CORS_ORIGINS", "*"),
    ] {
        let service = Server::options().env(name, value).start(Backend::Sqlite).await;
        service.get("/v1/catalog/cpus").await.expect(200);
    }
    // What poolers that do not keep a session's statements need.
    let service = Server::options().env("PARTBOOK_STATEMENT_CACHE", "off").start(Backend::Postgres).await;
    for entity in partbook_test_support::contract::catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.get(&entity.at(&row["id"])).await.expect(200);
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}

#[tokio::test]
async fn a_log_in_json_is_json() {
    let service = Server::start(Backend::Sqlite).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    for line in service.log().lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|fault| panic!("{fault}: {line}"));
    }
}

#[tokio::test]
async fn the_url_may_stand_in_a_file() {
    let database = Database::create(Backend::Postgres);
    for content in [database.url(), format!("{}\n", database.url()), format!("  {}\r\n", database.url())] {
        let (_directory, path) = file(content.as_bytes());
        let service = Server::options().env("DATABASE_URL_FILE", &path).start_on(&database).await;
        service.get("/health").await.expect(200);
        assert!(service.stop().await.success());
    }
    let (_directory, path) = vacant();
    let finished = serve(&[("DATABASE_URL_FILE", &path)]).run().await;
    assert!(refused(&finished, 2).contains("DATABASE_URL_FILE"));
    let (_directory, path) = file(b"mysql://u:s3cret@h/d");
    let finished = serve(&[("DATABASE_URL_FILE", &path)]).run().await;
    assert!(!refused(&finished, 2).contains("s3cret"));
    let (_directory, path) = file(b"");
    refused(&serve(&[("DATABASE_URL_FILE", &path)]).run().await, 2);
}

#[tokio::test]
async fn a_password_is_refused_on_the_command_line() {
    for arguments in [
        &["serve", "--database-url", "postgres://u:s3cret@127.0.0.1:1/d"][..],
        &["serve", "--database-url=postgresql+asyncpg://u:s3cret@127.0.0.1:1/d"],
        &["--database-url", "postgres://127.0.0.1:1/d?user=u&password=s3cret"],
        &["migrate", "up", "--database-url", "postgres://u:s3cret@127.0.0.1:1/d"],
        &["migrate", "status", "--database-url", "postgres://u:s3cret@127.0.0.1:1/d"],
        &["serve", "postgres://u:s3cret@127.0.0.1:1/d"],
    ] {
        let finished = partbook(arguments).run().await;
        let text = refused(&finished, 2);
        assert!(!text.contains("s3cret"), "{text}");
    }
    let finished = partbook(&["serve", "--database-url", "postgres://u:s3cret@127.0.0.1:1/d"]).run().await;
    assert!(finished.stderr.contains("DATABASE_URL"), "where it belongs: {}", finished.stderr);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let (_directory, path) = vacant();
    let call = partbook(&["serve", "--listen", &address]).env("DATABASE_URL", &format!("sqlite://{path}"));
    let finished = call.run().await;
    let text = refused(&finished, 1);
    assert!(text.contains(&address) && text.contains("--listen"), "{text}");
}

#[tokio::test]
async fn what_is_no_origin_stops_the_start() {
    for origins in ["localhost:3000", "http://localhost:3000/path", "ftp://x.example", "http://a.example,nonsense"] {
        let call = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("PARTBOOK_CORS_ORIGINS", origins);
        let finished = call.env("DATABASE_URL", "sqlite://partbook.db").run().await;
        assert_eq!(finished.status.code(), Some(2), "{origins}: {finished:?}");
        assert!(finished.stderr.contains("PARTBOOK_CORS_ORIGINS") || finished.stderr.contains("cors"), "{finished:?}");
    }
}

#[tokio::test]
async fn an_origin_may_be_named() {
    let service = Server::options().env("PARTBOOK_CORS_ORIGINS", "https://a.example, https://b.example");
    let service = service.start(Backend::Sqlite).await;
    for (origin, allowed) in [("https://b.example", Some("https://b.example")), ("http://localhost:3000", None)] {
        let answer = service.request(Method::GET, "/health").header("Origin", origin).send().await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
    }
}

#[tokio::test]
async fn a_limit_may_be_ignored_as_the_legacy_service_did() {
    for (value, rows) in [("apply", 1), ("ignore", 2)] {
        let service = Server::options().env("PARTBOOK_LEGACY_LIMIT", value).start(Backend::Sqlite).await;
        for n in 1..=2 {
            service.create(&CPU, n).await;
        }
        let answer = service.get(&format!("{}?limit=1", CPU.path)).await.expect(200);
        assert_eq!(answer.array().len(), rows, "{value}");
    }
}
