//! What the log says of text that a database cannot give out.

use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Database, Server};

#[tokio::test]
async fn bytes_that_are_no_text_are_named_in_the_log() {
    let database = Database::encoded(Backend::Postgres, "SQL_ASCII").await;
    let service = Server::options().start_on(&database).await;
    service.create(&CPU, 1).await;
    service.sql("update cpu set notes = chr(255)").await;
    service.get(CPU.path).await.problem(500);
    service.logged("invalid byte sequence for encoding").await;
}
