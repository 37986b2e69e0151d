//! `partbook openapi`.

use std::path::Path;

use partbook_test_support::{Backend, Database, api_document, partbook};

#[tokio::test]
async fn the_document_is_printed_and_nothing_else() {
    let printed = partbook(&["openapi"]).run().await;
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?}");
    assert!(printed.stdout == api_document());
}

#[tokio::test]
async fn printing_needs_no_database_and_no_setting() {
    let database = Database::create(Backend::Sqlite);
    let call = partbook(&["openapi"]).env("DATABASE_URL", &database.url()).env("PARTBOOK_POOL_SIZE", "many");
    assert!(call.run().await.status.success());
    let path = database.url().replace("sqlite://", "");
    assert!(!Path::new(&path).exists());
}
