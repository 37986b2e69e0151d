//! How the script is called, and a service that is not there.

use std::net::TcpListener;
use std::process::Stdio;

use super::{Smoke, contents};
use partbook_test_support::{Backend, Server, backends};

/// Where nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn the_help_names_every_setting() {
    for argument in ["--help", "-h"] {
        let help = Smoke::at(NOWHERE).arg(argument).run().ended(0).stdout;
        let mut words: Vec<&str> =
            help.split(|character: char| !character.is_ascii_alphanumeric() && character != '_').collect();
        words.sort_unstable();
        for name in [
            "API_URL",
            "API_TOKEN",
            "METRICS_URL",
            "WAIT",
            "CLEANUP",
            "VERBOSE",
            "REQUESTS",
            "BUDGET_LIST_MS",
            "BUDGET_UPDATE_MS",
            "BUDGET_DELETE_MS",
            "NO_COLOR",
        ] {
            assert!(words.binary_search(&name).is_ok(), "{name}");
        }
        for flag in ["--read-only", "--no-listings", "--budget"] {
            assert!(help.contains(&format!("\n  {flag} ")), "{flag}");
        }
    }
}

#[test]
fn a_wrong_call_is_told_apart_from_a_failed_check() {
    let unknown = Smoke::at(NOWHERE).arg("--everything").run().ended(2);
    assert!(unknown.stderr.starts_with("Usage: scripts/smoke.sh"), "{unknown}");
    for (name, value) in
        [("WAIT", "soon"), ("CLEANUP", "no"), ("VERBOSE", "2"), ("REQUESTS", "0"), ("REQUESTS", "1001")]
    {
        let refused = Smoke::at(NOWHERE).env(name, value).run().ended(2);
        let complaint = refused.complaint();
        assert!(complaint.contains(name) && complaint.contains(&format!("'{value}'")), "{complaint}");
        assert_eq!(refused.stdout, "");
    }
}

#[test]
fn a_service_that_is_not_there_is_one_line() {
    for arguments in [&[][..], &["--read-only"], &["--budget"]] {
        let smoke = arguments.iter().fold(Smoke::at("http://name:secret@127.0.0.1:1"), |smoke, flag| smoke.arg(flag));
        let finished = smoke.run().ended(1);
        assert!(finished.complaint().starts_with("scripts/smoke.sh: http://127.0.0.1:1 gives no answer: "));
        assert!(!finished.stderr.contains("secret"), "{finished}");
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn waiting_has_an_end() {
    let refused = Smoke::at(NOWHERE).env("WAIT", "1").run().ended(1);
    assert!(refused.complaint().contains("127.0.0.1:1/readyz did not say yes within 1 s: no answer"), "{refused}");
    // One that lets clients in and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let waited = Smoke::at(&address).env("WAIT", "1").run().ended(1);
    assert!(waited.complaint().contains("did not say yes within 1 s: no answer"), "{waited}");
}

backends!(one_that_is_not_ready_is_waited_for: Sqlite);
async fn one_that_is_not_ready_is_waited_for(service: Server) {
    service.sql("alter table listing_component rename to listing_component_gone").await;
    let waited = Smoke::of(&service).env("WAIT", "1").run().ended(1);
    assert!(waited.complaint().contains("/readyz did not say yes within 1 s: 503"), "{waited}");

    let asked = service.log().matches("/readyz").count();
    let mut smoke = Smoke::of(&service).arg("--read-only").env("WAIT", "60");
    let script = smoke.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the script starts");
    while service.log().matches("/readyz").count() < asked + 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    service.sql("alter table listing_component_gone rename to listing_component").await;
    let output = script.wait_with_output().expect("the script ends");
    smoke.finished(output).green();
}

#[tokio::test]
async fn a_reader_who_leaves_early_leaves_nothing_behind() {
    let service = Server::start(Backend::Sqlite).await;
    let before = contents(service.database()).await;
    let piped = Smoke::through("bash").arg("-c").arg("\"$0\" | head -n 12").arg(super::SCRIPT);
    let finished = piped.env("API_URL", service.address()).run();
    assert_eq!(finished.stdout.lines().count(), 12, "{finished}");
    assert_eq!(contents(service.database()).await, before);
}
