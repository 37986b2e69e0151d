//! No client is shown what is older than what it has seen or written.

use partbook_test_support::replicas::Replicas;
use partbook_test_support::wire;

use super::{Client, TOKEN, reads, row_that_changes, serve_reading};

#[tokio::test]
async fn an_answer_is_at_least_as_new_as_the_token_says() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let (path, old, new) = row_that_changes(&replicas, &service).await;
    let seen = |tokens: &[&str]| Client::new(&service).notes(&path, tokens);
    assert_eq!(seen(&[]).0, "old", "the standby answers who asks for nothing");
    assert_eq!(seen(&[&old]).0, "old", "and who asks for what it has");
    assert_eq!(seen(&[&new]).0, "new");
    // Of several, in whichever order, the latest counts.
    assert_eq!(seen(&[&new, &old]).0, "new");
    assert_eq!(seen(&[&format!("{old},{new}")]).0, "new");
    // What was seen binds as what was written does.
    let (_, of_read) = seen(&[&new]);
    assert_eq!(seen(&[&of_read]).0, "new");
    // Nobody but the primary is known to have what another timeline had.
    assert_eq!(seen(&["000000020000000000000001"]).0, "new");

    let before = reads(&service, &replicas.standby()).await;
    replicas.resume().await;
    assert_eq!(seen(&[&of_read]).0, "new");
    assert_eq!(reads(&service, &replicas.standby()).await, before + 1, "it has caught up, and answers again");
}

#[tokio::test]
async fn a_token_that_is_none_is_refused() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let (path, old, _) = row_that_changes(&replicas, &service).await;
    for token in ["", "x", "0/3016D30", &old[1..], &format!("{old},"), &old.replace('0', "G")] {
        let (head, body) = Client::new(&service).ask("GET", &path, &[(TOKEN, token)], "");
        assert_eq!(wire::status(&head), 422, "{token}: {head}");
        assert!(body.contains(r#""parameter":"Partbook-Consistency-Token""#), "{body}");
    }
    let (head, _) = Client::new(&service).ask("GET", "/health", &[(TOKEN, "x")], "");
    assert_eq!(wire::status(&head), 200, "{head}");
}

#[tokio::test]
async fn a_connection_remembers_what_it_has_seen_and_written() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let (path, old, new) = row_that_changes(&replicas, &service).await;
    let (mut writer, mut reader) = (Client::new(&service), Client::new(&service));
    assert_eq!(writer.notes(&path, &[]).0, "old");
    writer.write(&path, "newer");
    assert_eq!(writer.notes(&path, &[]).0, "newer");
    assert_eq!(reader.notes(&path, &[&old]).0, "old", "another client has seen nothing of it");
    assert_eq!(reader.notes(&path, &[&new]).0, "newer");
    assert_eq!(reader.notes(&path, &[]).0, "newer", "what was shown once stays so");
    // A refused change has seen the row, too.
    let mut refused = Client::new(&service);
    let (head, _) = refused.ask("PATCH", &path, &[("If-Match", "\"another\"")], "{}");
    assert_eq!(wire::status(&head), 412, "{head}");
    assert_eq!(refused.notes(&path, &[]).0, "newer");
}

#[tokio::test]
async fn versions_are_the_same_wherever_they_are_read() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let (path, _, new) = row_that_changes(&replicas, &service).await;
    let etag = |head: &str| wire::header(head, "etag").expect("a tag").to_owned();
    let (head, _) = Client::new(&service).ask("GET", &path, &[], "");
    let of_standby = etag(&head);
    let known = [("If-None-Match", of_standby.as_str())];
    let (head, _) = Client::new(&service).ask("GET", &path, &known, "");
    assert_eq!(wire::status(&head), 304, "the standby has that version: {head}");
    assert!(wire::header(&head, TOKEN).is_some(), "{head}");
    let (head, _) = Client::new(&service).ask("GET", &path, &[known[0], (TOKEN, &new)], "");
    assert_eq!(wire::status(&head), 200, "the primary has another: {head}");
    let of_primary = etag(&head);
    // A change is judged by the primary's version.
    let change =
        |tag: &str| Client::new(&service).ask("PATCH", &path, &[("If-Match", tag)], r#"{"notes": "newest"}"#).0;
    assert_eq!(wire::status(&change(&of_standby)), 412);
    assert_eq!(wire::status(&change(&of_primary)), 200);
}
