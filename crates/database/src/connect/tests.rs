//! What an operator reads when a database cannot be opened, and which connections are replaced.

use std::fs;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

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
    let socket = refusal("postgres://u@/d?host=/nowhere").await;
    assert!(socket.contains("is the server running there?"), "{socket}");
}

/// What is said of a server that answers the first question with these bytes, and then closes the connection.
async fn refusal_of(answer: &'static [u8]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut question = [0; 8];
            stream.read_exact(&mut question).await.unwrap();
            stream.write_all(answer).await.unwrap();
        }
    });
    refusal(&format!("postgres://u:secret@{address}/d")).await
}

#[tokio::test]
async fn a_proxy_without_a_server_is_said_to_be_one() {
    for answer in [&b""[..], b"N"] {
        let message = refusal_of(answer).await;
        assert!(message.contains("closed the connection") && message.contains("proxy"), "{message}");
    }
    let message = refusal_of(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(message.contains("not a PostgreSQL server"), "{message}");
}

// With libpq its code would end the search.
#[tokio::test]
async fn behind_a_pooler_without_a_server_the_next_host_is_tried() {
    let pooler = empty_pooler::start().await;
    let message = refusal(&format!("postgres://u@{pooler},127.0.0.1:1/d?sslmode=disable")).await;
    assert!(
        message.contains(empty_pooler::COMPLAINT) && message.contains("127.0.0.1:1: Connection refused"),
        "{message}"
    );
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
    let database = Database::new(pool, None);
    let write = async || {
        let mut session = database.begin().await?;
        session.execute(&Statement::insert("t", "insert into t values (1)"), Vec::new()).await?;
        session.commit().await
    };
    assert!(matches!(write().await, Err(Error::Unavailable(_))));
    write().await.unwrap();
}

#[tokio::test]
async fn a_log_that_another_program_keeps_is_seen() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("partbook.db").display());
    let url = DatabaseUrl::parse(&url).unwrap();
    let connect = async || Pool::connect(&url, &PoolSettings::default()).await.unwrap();
    let (ours, another) = (connect().await, connect().await);
    use_write_ahead_log(&ours).await.unwrap();
    ours.execute("create table t (n integer)").await.unwrap();
    another.execute("select * from t").await.unwrap();
    ours.close().await;
    assert!(remaining_log(&url).is_some_and(|log| log.ends_with("partbook.db-wal")));
    another.close().await;
    assert_eq!(remaining_log(&url), None);
}
