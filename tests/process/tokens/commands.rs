//! `partbook token`.

use partbook_test_support::process::Finished;
use partbook_test_support::{Backend, Method, Server, Tokens, partbook};

async fn create(arguments: &[&str], tokens: &Tokens) -> Finished {
    let path = tokens.path();
    let path = path.to_str().expect("a path in UTF-8");
    partbook(&[&["token", "create"][..], arguments, &["--to-file", path]].concat()).run().await
}

#[tokio::test]
async fn only_the_token_is_printed_and_only_its_hash_is_kept() {
    let tokens = Tokens::of(&[]);
    let arguments = ["ci", "--scope", "write", "--entity", "cpu,gpu", "--expires", "90d"];
    let finished = create(&arguments, &tokens).await;
    assert!(finished.status.success() && finished.stderr.is_empty(), "{finished:?}");
    let token = finished.stdout.strip_suffix('\n').expect("a line");
    assert!(token.starts_with("pbk_") && token.len() == 53 && !token.contains(char::is_whitespace), "{token}");
    let second = create(&["reader", "--scope", "read"], &tokens).await;
    assert!(second.status.success() && second.stdout != finished.stdout, "{second:?}");
    let text = std::fs::read_to_string(tokens.path()).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with("ci scope=write entity=cpu,gpu expires=2") && !text.contains(&token[4..20]), "{text}");

    let server = Server::options().env("PARTBOOK_ANONYMOUS", "none");
    let server =
        server.env("PARTBOOK_TOKENS_FILE", tokens.path().to_str().expect("a path")).start(Backend::Sqlite).await;
    let ask = |token: &str, path: &str| {
        server.request(Method::GET, path).header("Authorization", &format!("Bearer {token}")).send()
    };
    ask(token, "/v1/catalog/cpus").await.expect(200);
    ask(token, "/v1/listings").await.problem(403);
    ask(second.stdout.trim_end(), "/v1/listings").await.expect(200);
    server.get("/v1/listings").await.problem(401);
}

#[tokio::test]
async fn what_makes_no_sense_is_one_line_and_changes_no_file() {
    let tokens = Tokens::of(&[("ci", "scope=write")]);
    let before = std::fs::read_to_string(tokens.path()).expect("a file");
    for (arguments, code, said) in [
        (&["ci", "--scope", "read"][..], 1, "it has a token called ci"),
        (&["c i", "--scope", "read"], 2, "is not a name"),
        (&["new"], 2, "--scope"),
        (&["new", "--scope", "root"], 2, "is none of read, write, admin and metrics"),
        (&["new", "--scope", "read", "--entity", "cpus"], 2, "there are cpu, gpu"),
        (&["new", "--scope", "read", "--expires", "soon"], 2, "is not a time"),
        (&["new", "--scope", "read", "--from", "home"], 2, "is not a network"),
    ] {
        let finished = create(arguments, &tokens).await;
        assert_eq!((finished.status.code(), &*finished.stdout), (Some(code), ""), "{finished:?}");
        assert!(finished.stderr.contains(said) && finished.stderr.trim_end().lines().count() == 1, "{finished:?}");
        assert_eq!(std::fs::read_to_string(tokens.path()).expect("a file"), before, "{arguments:?}");
    }
}

#[tokio::test]
async fn tokens_that_are_made_at_once_are_all_there() {
    let tokens = Tokens::of(&[]);
    let names: Vec<String> = (0..8).map(|number| format!("t{number}")).collect();
    let file = &tokens;
    let calls = names.iter().map(|name| async move { create(&[name, "--scope", "read"], file).await });
    let all = futures_util::future::join_all(calls).await;
    assert!(all.iter().all(|finished| finished.status.success()), "{all:?}");
    let text = std::fs::read_to_string(tokens.path()).expect("a file");
    let mut kept: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    kept.sort_unstable();
    assert_eq!(kept, names, "{text}");
}

/// One of the commands that change what is there.
async fn command(arguments: &[&str], tokens: &Tokens) -> Finished {
    let path = tokens.path();
    let path = path.to_str().expect("a path in UTF-8");
    partbook(&[&["token"][..], arguments, &["--file", path]].concat()).run().await
}

#[tokio::test]
async fn a_token_is_replaced_and_the_old_one_goes_on_for_a_while() {
    let tokens = Tokens::of(&[("other", "scope=read"), ("ci", "scope=write entity=cpu from=127.0.0.0/8")]);
    std::fs::write(tokens.path(), format!("# ours\n{}", contents(&tokens))).expect("a file");
    let rotated = command(&["rotate", "ci", "--grace", "1d"], &tokens).await;
    assert!(rotated.status.success() && rotated.stdout.starts_with("pbk_"), "{rotated:?}");
    let listed = command(&["list"], &tokens).await.stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines[0], "other scope=read");
    assert!(
        lines[1].starts_with("ci scope=write entity=cpu expires=") && lines[1].ends_with(" from=127.0.0.0/8"),
        "{listed}"
    );
    assert_eq!(lines[2..], ["ci scope=write entity=cpu from=127.0.0.0/8"]);
    assert!(contents(&tokens).starts_with("# ours\nother "), "comments stay");
    // Without a while there is one again.
    assert!(command(&["rotate", "ci", "--grace", "0s", "--expires", "12h"], &tokens).await.status.success());
    let listed = command(&["list"], &tokens).await.stdout;
    assert_eq!(listed.lines().filter(|line| line.starts_with("ci ")).count(), 1, "{listed}");
    assert!(listed.contains("ci scope=write entity=cpu expires="), "{listed}");
    assert!(!listed.contains("sha256"), "{listed}");
}

#[tokio::test]
async fn a_token_that_is_revoked_is_gone() {
    let tokens = Tokens::of(&[("one", "scope=read"), ("two", "scope=read expires=2020-01-01T00:00:00Z")]);
    let listed = command(&["list"], &tokens).await.stdout;
    assert_eq!(listed, "one scope=read\ntwo scope=read expires=2020-01-01T00:00:00.000000Z (expired)\n");
    let revoked = command(&["revoke", "one"], &tokens).await;
    assert!(revoked.status.success() && revoked.stdout.is_empty() && revoked.stderr.is_empty(), "{revoked:?}");
    assert!(contents(&tokens).starts_with("two scope=read") && contents(&tokens).lines().count() == 1);
    for (arguments, code, said) in [
        (&["revoke", "one"][..], 1, "it has no token called one"),
        (&["rotate", "one"], 1, "it has no token called one"),
        (&["rotate", "two"], 1, "two has expired; say when the new one ends with --expires"),
        (&["rotate", "two", "--grace", "soon"], 2, "is not a time"),
    ] {
        let finished = command(arguments, &tokens).await;
        assert_eq!((finished.status.code(), &*finished.stdout), (Some(code), ""), "{finished:?}");
        assert!(finished.stderr.contains(said) && finished.stderr.trim_end().lines().count() == 1, "{finished:?}");
    }
    let nowhere = partbook(&["token", "list", "--file", "/nowhere/tokens"]).run().await;
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
}

fn contents(tokens: &Tokens) -> String {
    std::fs::read_to_string(tokens.path()).expect("a file")
}
