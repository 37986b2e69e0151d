//! No client is shown what is older than what it has seen or written.

use partbook_test_support::contract::CPU;
use partbook_test_support::replicas::Replicas;
use partbook_test_support::{CLIENTS_TO_MEET as CLIENTS, Method, together, until_some_meet, wire};
use serde_json::json;

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

#[tokio::test]
async fn who_is_answered_with_others_sees_what_their_token_says() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let (path, old, new) = row_that_changes(&replicas, &service).await;
    until_some_meet(&service, async |_| {
        let tokens = (0..CLIENTS).map(|client| [&old, &new][client % 2]);
        let answers = together(tokens.map(|token| service.request(Method::GET, &path).header(TOKEN, token))).await;
        for (client, answer) in answers.into_iter().enumerate() {
            let notes = answer.expect(200).json()["notes"].clone();
            // Who asks for less may be shown more.
            assert!(notes == "new" || (notes == "old" && client % 2 == 0), "{client}: {notes}");
        }
    })
    .await;
}

// The standby stays behind: what a token asks for is shown by the primary alone.
#[tokio::test]
async fn changes_that_are_made_together_have_tokens_that_show_them() {
    let replicas = Replicas::start();
    let service = serve_reading(&replicas).await;
    let mut paths = Vec::new();
    for number in 0..CLIENTS {
        paths.push(CPU.at(&service.create(&CPU, u32::try_from(number).expect("a small number")).await["id"]));
    }
    replicas.catch_up().await;
    replicas.pause().await;
    until_some_meet(&service, async |round| {
        let notes = |client: usize| format!("{round} {client}");
        let changes = paths
            .iter()
            .enumerate()
            .map(|(client, path)| service.request(Method::PATCH, path).json(&json!({"notes": notes(client)})));
        let answers = together(changes.collect::<Vec<_>>()).await;
        for ((client, path), answer) in paths.iter().enumerate().zip(answers) {
            let token = answer.expect(200).header(TOKEN).expect("a token").to_owned();
            assert_eq!(Client::new(&service).notes(path, &[&token]).0, notes(client));
        }
    })
    .await;
}
