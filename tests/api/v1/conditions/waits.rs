//! A version is judged when the wait for the row is over, and while nobody else can change it.

use serde_json::json;

use super::{STALE, change, full, stale, tag, tag_now};
use partbook_test_support::contract::{CPU, PORTS_PROFILE, catalog, entities};
use partbook_test_support::{Method, Service, backends};

// What a counter needs: read, add one, write only what was read.
backends!(no_increment_is_lost);
async fn no_increment_is_lost(service: Service) {
    const CLIENTS: usize = 6;
    const EACH: i64 = 4;
    let service = std::sync::Arc::new(service);
    for entity in catalog() {
        let field = if entity.name == "profile" { "weights_json" } else { "attributes" };
        let path = full(&service, entity, 1).await;
        service.patch(&path, &json!({field: {"count": 0}})).await.expect(200);
        let clients = (0..CLIENTS).map(|_| {
            let (service, path) = (service.clone(), path.clone());
            tokio::spawn(async move {
                for _ in 0..EACH {
                    let mut row = service.get(&path).await.expect(200);
                    let mut now = row.json();
                    loop {
                        let count = now[field]["count"].as_i64().expect("a number");
                        let request = service.request(Method::PATCH, &path).header("If-Match", &tag(&row));
                        let answer = request.json(&json!({field: {"count": count + 1}})).send().await;
                        if answer.status == 200 {
                            break;
                        }
                        // The refusal shows what there is to go on with.
                        answer.problem(412);
                        now = answer.json()["current"].clone();
                        row = answer;
                    }
                }
            })
        });
        for client in clients.collect::<Vec<_>>() {
            client.await.expect("a client that comes to its end");
        }
        let count = &service.get(&path).await.expect(200).json()[field]["count"];
        assert_eq!(count.as_i64(), Some(i64::try_from(CLIENTS).expect("a small number") * EACH), "{}", entity.name);
    }
}

backends!(the_row_is_judged_after_the_wait_for_it: Postgres);
async fn the_row_is_judged_after_the_wait_for_it(service: Service) {
    for entity in entities() {
        for (number, method) in (1..).zip(super::CHANGES) {
            let path = full(&service, entity, number).await;
            let id = path.rsplit('/').next().expect("an id");
            let before = tag_now(&service, &path).await;
            let mut program = service.database().connect().await;
            let mut update = format!("update {0} set {1} = 'x' where id = {id}", entity.table, entity.note());
            if entity.name == PORTS_PROFILE.name {
                // The profile's own row stays as it is.
                update = format!(
                    "select id from ports_profile where id = {id} for update;
                     update port set count = 77 where ports_profile_id = {id}"
                );
            }
            program.begin().await;
            program.run(&update).await;
            let request = change(&service, entity, &method, &path, 100).header("If-Match", &before);
            let waiting = tokio::spawn(request.send());
            service.database().waited_for(1).await;
            program.run("commit").await;
            program.close().await;
            let answer = waiting.await.expect("an answer");
            stale(&answer, entity, &service.get(&path).await.expect(200));
            service.delete(&path).await.expect(204);
        }
    }
}

backends!(the_row_is_judged_after_the_wait_for_the_file: Sqlite);
async fn the_row_is_judged_after_the_wait_for_the_file(service: Service) {
    let path = full(&service, &CPU, 1).await;
    let before = tag_now(&service, &path).await;
    let mut program = service.database().connect().await;
    program.begin().await;
    program.run("update cpu set notes = 'x'").await;
    // Nothing is refused before the file is free: readers still see the version that is meant.
    assert_eq!(tag_now(&service, &path).await, before);
    let waiting = tokio::spawn(change(&service, &CPU, &Method::PATCH, &path, 2).header("If-Match", &before).send());
    service.metrics_when(|scrape| scrape.sum("partbook_db_pool_connections_in_use", &[]) > 0.5).await;
    program.run("commit").await;
    program.close().await;
    stale(&waiting.await.expect("an answer"), &CPU, &service.get(&path).await.expect(200));
    service.request(Method::DELETE, &path).header("If-Match", STALE).send().await.problem(412);
}
