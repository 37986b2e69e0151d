//! An instance that is meant to read only.

use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::replicas::Replicas;
use partbook_test_support::{Backend, Server, backends, partbook};
use serde_json::json;

use super::{serve, serve_with};

#[tokio::test]
async fn on_a_standby_it_is_ready_and_refuses_changes() {
    let replicas = Replicas::start();
    let writer = serve(&replicas.primary(), "").await;
    let row = writer.create(&CPU, 1).await;
    replicas.catch_up().await;
    let reader = serve_with(Server::options().env("PARTBOOK_READ_ONLY", "true"), &replicas.standby(), "").await;
    reader.get("/readyz").await.expect(200);
    assert_eq!(reader.get(&CPU.at(&row["id"])).await.expect(200).json(), row);
    let problem = reader.post(CPU.path, &(CPU.minimal)(2)).await.problem(503);
    assert_eq!(problem.detail, "This instance only reads; send changes to one that writes");
}

backends!(no_change_reaches_the_database);
async fn no_change_reaches_the_database(backend: Backend) {
    let writer = Server::start(backend).await;
    let service = Server::options().env("PARTBOOK_READ_ONLY", "true").start_on(writer.database()).await;
    for entity in catalog() {
        let row = writer.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        service.post(entity.path, &(entity.minimal)(2)).await.problem(503);
        service.put(&path, &row).await.problem(503);
        service.patch(&path, &json!({})).await.problem(503);
        service.delete(&path).await.problem(503);
        assert_eq!(service.get(&path).await.expect(200).json(), row);
    }
    service.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn it_has_no_sample_catalog_to_write() {
    let finished = partbook(&["serve", "--demo"]).env("PARTBOOK_READ_ONLY", "true").run().await;
    assert_eq!(finished.status.code(), Some(2), "{finished:?}");
    assert!(finished.stderr.contains("PARTBOOK_READ_ONLY"), "{finished:?}");
}
