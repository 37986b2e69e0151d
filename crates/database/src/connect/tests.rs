//! What an operator reads when a database cannot be opened, and which connections are replaced.

use std::fs;

use super::*;
use crate::database::Database;
use crate::error::Error;
use crate::statement::Statement;

async fn refusal(url: &str) -> String {
    let url = DatabaseUrl::parse(url).unwrap();
    Pool::connect(&url, &PoolSettings::default()).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_file_that_cannot_be_is_one_clear_line() {
    let files = tempfile::tempdir().unwrap();
    let directory = files.path();
    let text = directory.join("notes.txt");
    fs::write(&text, "these are notes, not a database").unwrap();
    let missing = refusal(&format!("sqlite://{}/none/partbook.db", directory.display())).await;
    assert!(missing.contains("no directory") && missing.contains("none`"), "{missing}");
    let folder = refusal(&format!("sqlite://{}", directory.display())).await;
    assert!(folder.contains("is a directory"), "{folder}");
    let stranger = refusal(&format!("sqlite://{}", text.display())).await;
    assert!(stranger.contains("not a SQLite database"), "{stranger}");
    assert_eq!(fs::read_to_string(&text).unwrap(), "these are notes, not a database");
    let strict = refusal(&format!("sqlite://{}/absent.db?mode=rw", directory.display())).await;
    assert!(!strict.contains('\n') && !directory.join("absent.db").exists(), "{strict}");
}

#[tokio::test]
async fn a_server_that_is_away_is_one_clear_line() {
    let message = refusal("postgres://u:secret@127.0.0.1:1/d").await;
    assert!(message.contains("postgres://u@127.0.0.1:1/d") && message.contains("refused"), "{message}");
    assert!(!message.contains("secret") && !message.contains('\n'), "{message}");
}

#[tokio::test]
async fn a_connection_that_cannot_write_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("partbook.db").display());
    let settings = PoolSettings { size: 1, ..PoolSettings::default() };
    let pool = Pool::connect(&DatabaseUrl::parse(&url).unwrap(), &settings).await.unwrap();
    pool.execute("create table t (n integer)").await.unwrap();
    // What a connection answers, too, that was opened while the file could not be written.
    pool.execute("pragma query_only = on").await.unwrap();
    let database = Database::new(pool);
    let write = async || {
        let mut session = database.begin().await?;
        session.execute(&Statement::insert("t", "insert into t values (1)"), Vec::new()).await?;
        session.commit().await
    };
    assert!(matches!(write().await, Err(Error::Unavailable(_))));
    write().await.unwrap();
}
