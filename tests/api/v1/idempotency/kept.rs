//! What is kept and for how long; a failure of the service or of the database is not.

use serde_json::Value;

use super::{count, count_kept, keyed, post, routes, same};
use partbook_test_support::contract::{CPU, GPU, LISTING, entities};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Service, backends, together};

backends!(a_failure_is_not_kept);
async fn a_failure_is_not_kept(service: Service) {
    for (entity, path, body) in routes(1) {
        let table = entity.table;
        service.sql(&format!("alter table {table} rename to {table}_gone")).await;
        post(&service, &path, "k", &body).await.problem(500);
        post(&service, &path, "k", &body).await.problem(500);
        assert_eq!(count_kept(&service).await, 0, "{path}");
        service.sql(&format!("alter table {table}_gone rename to {table}")).await;
        let first = post(&service, &path, "k", &body).await.expect(201);
        same(&post(&service, &path, "k", &body).await, &first);
        service.sql(&format!("delete from {}", service.own("idempotency_key"))).await;
    }
}

backends!(an_answer_that_cannot_be_kept_is_not_given);
async fn an_answer_that_cannot_be_kept_is_not_given(service: Service) {
    let table = service.own("idempotency_key");
    // A new name has no schema.
    let renamed = |name: &str| service.own(name).rsplit('.').next().map(str::to_owned).expect("a name");
    service.sql(&format!("alter table {table} rename to {}", renamed("gone"))).await;
    for (entity, path, body) in routes(1) {
        post(&service, &path, "k", &body).await.problem(500);
        assert_eq!(count(&service, entity.table).await, 0, "{path}");
    }
    service.post(CPU.path, &(CPU.minimal)(1)).await.expect(201);
    service.sql(&format!("alter table {} rename to {}", service.own("gone"), renamed("idempotency_key"))).await;
    post(&service, GPU.path, "k", &(GPU.minimal)(1)).await.expect(201);
}

backends!(a_database_that_is_busy_is_not_kept);
async fn a_database_that_is_busy_is_not_kept(service: Service) {
    let lock = Lock::of_table(service.database(), LISTING.table).await;
    let answer = post(&service, LISTING.path, "k", &(LISTING.minimal)(1)).await;
    answer.problem(503);
    assert!(answer.header("retry-after").is_some());
    lock.release().await;
    assert_eq!(count_kept(&service).await, 0);
    let first = post(&service, LISTING.path, "k", &(LISTING.minimal)(1)).await.expect(201);
    same(&post(&service, LISTING.path, "k", &(LISTING.minimal)(1)).await, &first);
    assert_eq!(count(&service, LISTING.table).await, 1);
}

// What the first attempt held must be gone before the second one, or the request meets itself.
backends!(a_request_that_is_tried_again_is_answered);
async fn a_request_that_is_tried_again_is_answered(service: Service) {
    let requests = || {
        let request = |(_, path, body): (_, String, Value)| keyed(&service, &path, "k", &body.to_string());
        routes(1).into_iter().map(request)
    };
    let lock = Lock::of_table(
        service.database(),
        &entities().iter().map(|entity| entity.table).collect::<Vec<_>>().join(", "),
    )
    .await;
    let sent = tokio::spawn(together(requests().collect::<Vec<_>>()));
    let all_were = |count: f64| count > 13.5;
    service.metrics_when(|scrape| all_were(scrape.sum("partbook_db_retries_total", &[])) || sent.is_finished()).await;
    lock.release().await;
    let firsts = sent.await.expect("answers");
    for (first, again) in firsts.iter().zip(together(requests()).await) {
        assert_eq!(first.status, 201, "{first:?}");
        same(&again, first);
    }
}
