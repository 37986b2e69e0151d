//! What is not what it was is not restored.

use std::fs;

use super::{Store, everything, failed, fill};
use partbook_test_support::{Backend, Database, backends};

backends!(a_file_that_was_changed_is_refused);
async fn a_file_that_was_changed_is_refused(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    fill(&database).await;
    let manifest = store.create(&database).await;
    let (path, before) = (store.file(&manifest), everything(&database).await);
    let whole = fs::read(&path).expect("a backup");
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for (bytes, words) in [(flipped, "a part of it was changed"), (whole[..whole.len() - 1].to_vec(), "it was cut off")]
    {
        fs::write(&path, bytes).expect("a backup");
        for arguments in [&["verify"][..], &["restore", "--yes", "--terminate"]] {
            failed(&store.run(&database, arguments).await, 1, words);
        }
        assert_eq!(everything(&database).await, before);
    }
    fs::remove_file(&path).expect("a backup");
    assert!(!store.run(&database, &["restore", "--yes"]).await.status.success());
    assert_eq!(everything(&database).await, before);
}

backends!(a_manifest_that_lies_is_found_out);
async fn a_manifest_that_lies_is_found_out(backend: Backend) {
    let database = Database::prepared(backend);
    let store = Store::new();
    fill(&database).await;
    let manifest = store.create(&database).await;
    let path = store.path().join(format!("{}.json", manifest["file"].as_str().expect("a file")));
    let text = fs::read_to_string(&path).expect("a manifest");
    let before = everything(&database).await;
    for (from, to, words) in [
        ("\"rows\": 2", "\"rows\": 3", "has 2 row(s) and not 3"),
        ("\"schema_sha256\": \"", "\"schema_sha256\": \"0", "the definitions of the tables are not the same"),
    ] {
        fs::write(&path, text.replacen(from, to, 1)).expect("a manifest");
        let file = manifest["file"].as_str().expect("a file");
        for arguments in [&["verify", file][..], &["restore", file, "--yes", "--terminate"]] {
            failed(&store.run(&database, arguments).await, 1, words);
        }
        assert_eq!(everything(&database).await, before);
    }
    for (lie, words) in [
        (text.replace("\"format\": 1", "\"format\": 99"), "reads 1"),
        (text.replacen("\"file\": \"", "\"file\": \"../", 1), "not beside it"),
        ("{".to_owned(), "is no manifest"),
    ] {
        fs::write(&path, lie).expect("a manifest");
        let file = manifest["file"].as_str().expect("a file");
        failed(&store.run(&database, &["restore", file, "--yes"]).await, 1, words);
    }
    assert_eq!(everything(&database).await, before);
}

// Programs that are older than the one that wrote a file cannot read it, whatever the version of the server.
#[tokio::test]
async fn programs_are_as_late_as_the_one_that_wrote_the_file() {
    let (store, database) = (Store::new(), Database::prepared(Backend::Postgres));
    fill(&database).await;
    let manifest = store.create(&database).await;
    let path = store.path().join(format!("{}.json", manifest["file"].as_str().expect("a file")));
    let wrote = manifest["client_version"].as_str().expect("a version");
    let text = fs::read_to_string(&path).expect("a manifest");
    let later = text.replace(&format!("\"client_version\": \"{wrote}\""), "\"client_version\": \"99.1\"");
    fs::write(&path, later).expect("a manifest");
    let before = everything(&database).await;
    for arguments in [&["verify"][..], &["restore", "--yes", "--terminate"]] {
        let finished = store.run(&database, arguments).await;
        failed(&finished, 1, "pg_dump of version 99 or later is needed");
        assert!(finished.stderr.contains("and a file of version 99.1"), "{finished:?}");
    }
    assert_eq!(everything(&database).await, before);
}
