//! `--budget`: the table and its verdicts. What a request takes depends on the machine, so the limits are the test's.

use super::{Finished, Smoke, collection, contents, furnish, kinds};
use partbook_test_support::{Server, backends};

/// The settings of the limits.
pub(super) const LIMITS: [&str; 3] = ["BUDGET_LIST_MS", "BUDGET_UPDATE_MS", "BUDGET_DELETE_MS"];

/// A run of three requests per operation, with one limit for all.
fn measured(service: &Server, limit: &str, flags: &[&str]) -> Finished {
    let smoke = LIMITS.iter().fold(Smoke::of(service).arg("--budget"), |smoke, name| smoke.env(name, limit));
    flags.iter().fold(smoke, |smoke, flag| smoke.arg(flag)).env("REQUESTS", "3").run()
}

/// Operation and verdict of each line about a collection.
fn verdicts<'a>(finished: &'a Finished, collection: &str) -> Vec<(&'a str, &'a str)> {
    let lines = finished.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let lines = lines.filter(|words| words.first() == Some(&collection));
    lines
        .map(|words| {
            // Collection, operation, p50 and p95 with their unit, the limit with its unit where there is one, verdict.
            assert!(words[2].parse::<f64>().is_ok_and(|figure| figure > 0.0), "{finished}");
            assert!(words[4].parse::<f64>().is_ok_and(|figure| figure > 0.0), "{finished}");
            assert_eq!([words[3], words[5]], ["ms", "ms"], "{finished}");
            (words[1], words[if words[6] == "-" { 6 } else { 8 }])
        })
        .collect()
}

backends!(figures_are_held_against_limits: Sqlite);
async fn figures_are_held_against_limits(service: Server) {
    furnish(&service).await;
    let before = contents(service.database()).await;
    let generous = measured(&service, "600000", &[]).green();
    assert!(generous.stdout.starts_with("collection "), "{generous}");
    for collection in kinds().into_iter().map(collection) {
        let expected = [("create", "-"), ("list", "ok"), ("read", "-"), ("patch", "ok"), ("delete", "ok")];
        assert_eq!(verdicts(&generous, collection), expected, "{generous}");
    }
    assert!(generous.summary().starts_with(&format!("{} passed", 3 * kinds().len() + 1)), "{generous}");
    assert_eq!(contents(service.database()).await, before);
}

backends!(each_limit_is_its_own: Sqlite);
async fn each_limit_is_its_own(service: Server) {
    for (name, operation) in LIMITS.into_iter().zip(["list", "patch", "delete"]) {
        let smoke = LIMITS.iter().fold(Smoke::of(&service).arg("--budget"), |smoke, name| smoke.env(name, "600000"));
        let finished = smoke.env("REQUESTS", "1").env(name, "0").run().ended(1);
        for (measured, verdict) in verdicts(&finished, "gpus") {
            assert_eq!(verdict == "FAIL:", measured == operation, "{finished}");
        }
        assert!(
            finished.summary().starts_with(&format!("{} passed, {} failed, ", 2 * kinds().len() + 1, kinds().len())),
            "{finished}"
        );
        assert!(finished.has("ok   cleanup: nothing is left"), "{finished}");
    }
}

backends!(reading_alone_is_measured_when_asked: Sqlite);
async fn reading_alone_is_measured_when_asked(service: Server) {
    furnish(&service).await;
    let before = contents(service.database()).await;
    let finished = measured(&service, "600000", &["--read-only"]).green();
    for collection in kinds().into_iter().map(collection) {
        assert_eq!(verdicts(&finished, collection), [("list", "ok"), ("read", "-")], "{finished}");
    }
    let strict = measured(&service, "0", &["--read-only"]).ended(1);
    assert!(strict.summary().starts_with(&format!("0 passed, {} failed, ", kinds().len())), "{strict}");
    assert_eq!(contents(service.database()).await, before);
}

#[tokio::test]
async fn old_rows_are_measured_as_well() {
    let service = Server::legacy_with_rows().await;
    let before = contents(service.database()).await;
    measured(&service, "600000", &[]).green();
    measured(&service, "600000", &["--read-only"]).green();
    assert_eq!(contents(service.database()).await, before);
}

backends!(answers_that_are_wrong_are_no_figures: Sqlite);
async fn answers_that_are_wrong_are_no_figures(service: Server) {
    service.sql("alter table gpu rename to gpu_gone").await;
    let finished = measured(&service, "600000", &[]).ended(1);
    let line = finished.stdout.lines().find(|line| line.starts_with("gpus ") && line.contains(" create "));
    let line = line.unwrap_or_else(|| panic!("{finished}"));
    assert!(
        line.contains("FAIL: 0 of 3 answers were 201, others 50") && line.contains("X-Request-ID smoke-"),
        "{line}"
    );
    assert!(finished.has("skip gpus: read, patch, delete: an earlier check failed"), "{finished}");
}
