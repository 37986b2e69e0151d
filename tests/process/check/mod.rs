//! `partbook check`: what is not sound is found, and what is printed heals it.

mod compare;
mod keys;
mod limits;
mod rows;
mod sequences;

use partbook_test_support::process::Finished;
use partbook_test_support::{Database, partbook};
use serde_json::Value;

/// Runs `partbook check` on a database.
async fn check(database: &Database, arguments: &[&str]) -> Finished {
    check_as(&database.url(), arguments).await
}

/// The same with a URL.
async fn check_as(url: &str, arguments: &[&str]) -> Finished {
    let arguments: Vec<&str> = ["check"].iter().chain(arguments).copied().collect();
    partbook(&arguments).env("DATABASE_URL", url).run().await
}

/// Demands this exit code and these words on standard error.
#[track_caller]
fn failed(finished: &Finished, code: i32, words: &str) {
    assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    let last = finished.stderr.trim_end().lines().last().unwrap_or_default();
    assert!(last.starts_with("partbook: ") && last.contains(words), "{words}: {finished:?}");
}

/// What is found, as JSON. The exit status says whether there is anything, and the text for people has all of it, too.
async fn findings(database: &Database) -> Vec<Value> {
    let finished = check(database, &["--json"]).await;
    let report: Value = serde_json::from_str(&finished.stdout).unwrap_or_else(|_| panic!("{finished:?}"));
    let findings = report["findings"].as_array().expect("an array").clone();
    let code = i32::from(!findings.is_empty());
    assert_eq!(finished.status.code(), Some(code), "{finished:?}");
    let text = check(database, &[]).await;
    assert_eq!(text.status.code(), Some(code), "{text:?}");
    for finding in &findings {
        for member in ["kind", "what", "healing", "by_hand"] {
            assert!(finding[member].as_str().is_none_or(|words| text.stdout.contains(words)), "{finding}: {text:?}");
        }
    }
    findings
}

/// Demands that nothing is found.
async fn sound(database: &Database) {
    assert_eq!(findings(database).await, [] as [Value; 0]);
}

/// The one finding of this kind, with the place, the number of rows and the examples.
#[track_caller]
fn found<'a>(findings: &'a [Value], kind: &str, place: &str, count: u64, examples: &[&str]) -> &'a Value {
    let of_kind: Vec<&Value> = findings.iter().filter(|finding| finding["kind"] == kind).collect();
    let [finding] = of_kind.as_slice() else { panic!("not one {kind}: {findings:?}") };
    let columns: Vec<&str> =
        finding["columns"].as_array().expect("an array").iter().filter_map(Value::as_str).collect();
    assert_eq!(format!("{}.{}", finding["table"].as_str().unwrap_or_default(), columns.join(",")), place, "{finding}");
    assert_eq!(finding["count"], count, "{finding}");
    assert_eq!(finding["examples"], serde_json::json!(examples), "{finding}");
    finding
}

/// Executes the SQL that would heal a finding.
async fn heal(database: &Database, finding: &Value) {
    database.sql(finding["healing"].as_str().unwrap_or_else(|| panic!("no healing: {finding}"))).await;
}

/// Executes statements while nobody looks at references.
async fn unguarded(database: &Database, statements: &str) {
    if database.url().starts_with("sqlite") {
        database.sql(&format!("pragma foreign_keys = off; {statements}")).await;
    } else {
        database.sql("set session_replication_role = replica").await;
        database.sql(statements).await;
        database.sql("set session_replication_role = origin").await;
    }
}

/// Lets keys of several columns be there twice where a part of them is null, as a legacy schema does.
async fn unkey(database: &Database) {
    database.sql("drop index if exists ram_spec_natural_key; drop index if exists storage_profile_natural_key").await;
}
