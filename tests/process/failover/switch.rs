//! A standby takes over while the service runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use partbook_test_support::contract::CPU;
use partbook_test_support::points::Points;
use partbook_test_support::replicas::{Replicas, url};
use partbook_test_support::sql::Connection;
use serde_json::json;

use super::serve;

// As behind a proxy that has sent new connections to the former primary for a while, and cuts none: reads do not notice.
#[tokio::test]
async fn connections_to_a_standby_are_replaced_at_the_first_write() {
    let replicas = Replicas::start();
    let points = Points::to(&replicas.primary()).await;
    let service = serve(points.address(), "").await;
    service.create(&CPU, 1).await;
    replicas.catch_up().await;
    points.lead_to(&replicas.standby());
    let mut primary = Connection::open(&url(&replicas.primary())).await;
    primary
        .run("select pg_terminate_backend(pid, 60000) from pg_stat_activity where application_name = 'partbook'")
        .await;
    // More than one connection, all of them to the standby.
    join_all((0..8).map(|_| service.get(CPU.path))).await.into_iter().for_each(|answer| drop(answer.expect(200)));
    let unready = service.get("/readyz").await.expect(503).json();
    assert_eq!(unready["reason"], "database is a standby");
    service.post(CPU.path, &(CPU.minimal)(2)).await.problem(503);
    service.get(CPU.path).await.expect(200);

    points.lead_to(&replicas.primary());
    for number in 3..8 {
        service.post(CPU.path, &(CPU.minimal)(number)).await.expect(201);
    }
    service.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn writers_go_on_with_the_new_primary() {
    let mut replicas = Replicas::start();
    let hosts = format!("{},{}", replicas.primary(), replicas.standby());
    let service = Arc::new(serve(&hosts, "?target_session_attrs=read-write").await);
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (service, is_over) = (service.clone(), is_over.clone());
            tokio::spawn(async move {
                let (mut created, mut unknown) = (Vec::new(), 0);
                for number in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    let name = format!("CPU {writer} {number}");
                    let answer = service.post(CPU.path, &json!({"name": name, "manufacturer": "AMD"})).await;
                    match answer.status {
                        201 => created.push(name),
                        _ => unknown += u64::from(answer.problem(503).detail.contains("may have been made")),
                    }
                }
                (created, unknown)
            })
        })
        .collect();
    let written = |at_least: f64| {
        let service = service.clone();
        async move {
            let posts = [("method", "POST"), ("status", "201")];
            service.metrics_when(|scrape| scrape.sum("http_requests_total", &posts) > at_least).await
        }
    };
    written(20.0).await;
    replicas.switch();
    let posts = [("method", "POST"), ("status", "201")];
    let before = service.metrics().await.sum("http_requests_total", &posts);
    written(before + 20.0).await;
    is_over.store(true, Ordering::Relaxed);
    let mut primary = Connection::open(&url(&replicas.standby())).await;
    let (mut all, mut surprises) = (0, 0);
    for writer in writers {
        let (created, unknown) = writer.await.expect("a writer");
        surprises += unknown;
        for name in created {
            let found = primary.rows(&format!("select count(*)::text from cpu where name = '{name}'")).await;
            assert_eq!(found, [[Some("1".to_owned())]], "{name}");
            all += 1;
        }
    }
    let there =
        primary.rows("select count(*) from cpu").await.remove(0).remove(0).and_then(|count| count.parse::<u64>().ok());
    let there = there.expect("a number");
    assert!((all..=all + surprises).contains(&there), "{there} rows, {all} created, {surprises} perhaps");
}
