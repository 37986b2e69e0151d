//! The URL of a running legacy installation, as its environment file holds it.

use partbook_test_support::{Backend, Database, Server};

#[tokio::test]
async fn the_url_of_the_legacy_service_is_taken_as_it_is() {
    let database = Database::create(Backend::Legacy);
    let before = database.schema().await;
    let url = database.url().replacen("postgres://", "postgresql+asyncpg://", 1);
    let service = Server::options().env("DATABASE_URL", &url).start_on(&database).await;
    assert_eq!(service.get("/health").await.expect(200).json()["database"], "ok");
    service.get("/v1/catalog/cpus").await.expect(200);
    assert!(service.stop().await.success());
    assert_eq!(database.schema().await, before);
}
