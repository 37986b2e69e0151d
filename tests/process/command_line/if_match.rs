//! `PARTBOOK_REQUIRE_IF_MATCH` and `--require-if-match`; what the setting does is in `tests/api`.

use serde_json::json;

use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Server, partbook};

const NAME: &str = "PARTBOOK_REQUIRE_IF_MATCH";

/// Whether a change without a version is refused.
async fn refuses(service: &Server) -> bool {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    service.patch(&path, &json!({"notes": "changed"})).await.status == 428
}

#[tokio::test]
async fn the_setting_is_off_unless_it_is_true() {
    assert!(!refuses(&Server::start(Backend::Sqlite).await).await);
    for value in ["", "false"] {
        assert!(!refuses(&Server::options().env(NAME, value).start(Backend::Sqlite).await).await, "{value:?}");
    }
    let flag = |value| Server::options().arg("--require-if-match").arg(value);
    assert!(refuses(&flag("true").start(Backend::Sqlite).await).await);
    assert!(!refuses(&flag("false").env(NAME, "true").start(Backend::Sqlite).await).await, "the flag goes first");
}

#[tokio::test]
async fn a_bad_value_is_one_line_and_two() {
    for value in ["yes", "1", "on", "TRUE", "True", "truefalse", "true,false", "Ja"] {
        for (finished, name) in [
            (partbook(&["serve"]).env("DATABASE_URL", "sqlite://none.db").env(NAME, value).run().await, NAME),
            (
                partbook(&["serve", "--require-if-match", value]).env("DATABASE_URL", "sqlite://none.db").run().await,
                "--require-if-match",
            ),
        ] {
            assert_eq!(finished.status.code(), Some(2), "{finished:?}");
            assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
            assert!(finished.stderr.contains(name) && finished.stderr.contains(value), "{finished:?}");
            assert!(finished.stdout.is_empty());
        }
    }
}
