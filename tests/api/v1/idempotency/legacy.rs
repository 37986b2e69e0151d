//! In a legacy catalog nothing is created, so there is no place for answers: a key is refused, clearly, and nothing is
//! done (contract section 9).

use super::{KEY, count, post, refused, routes};
use partbook_test_support::{Backend, Database, Method, Service};

#[tokio::test]
async fn a_key_is_refused_and_nothing_written() {
    let database = Database::create(Backend::Legacy);
    let schema = database.schema().await;
    let service = Service::options().start_on(&database).await;
    for (entity, path, body) in routes(1) {
        let answer = post(&service, &path, "k", &body).await;
        assert_eq!(refused(&answer), "unsupported");
        let detail = answer.problem(422).detail;
        assert!(detail.contains("without it"), "what to do: {detail}");
        assert_eq!(count(&service, entity.table).await, 0, "{path}");
        // What can never be a key is said to be that.
        assert_eq!(refused(&post(&service, &path, "a b", &body).await), "format");
        service.post(&path, &body).await.expect(201);
        let row = service.get(entity.path).await.expect(200).array()[0]["id"].clone();
        service.request(Method::DELETE, &entity.at(&row)).header(KEY, "k").send().await.expect(204);
    }
    assert_eq!(database.schema().await, schema);
    service.stop().await;
    assert_eq!(database.schema().await, schema);
}
