//! Every operation of the catalog has a span of its name, and statements under it.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use serde_json::json;

use super::collector::{Collector, Transport};
use super::{Caller, Trace, all_of, traced};
use partbook_test_support::contract::{CPU, LISTING, RAM_SPEC, catalog, listing_that_uses};
use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Backend, Method, Server, backends};

/// A request to make and the name of the operation it is.
type Step = (Method, String, Option<serde_json::Value>, u16, &'static str, String);

backends!(every_operation_has_its_span);
async fn every_operation_has_its_span(backend: Backend) {
    for entity in catalog().into_iter().chain([&LISTING]) {
        let collector = Collector::start().await;
        let service = traced(&collector, Transport::Http).start(backend).await;
        let row = service.create(entity, 1).await;
        // Profiles: the only default one must stay.
        let spare = service.create(entity, 2).await;
        let (item, template) = (entity.at(&spare["id"]), format!("{}/{{id}}", entity.path));
        let note = entity.note();
        let collection = || (entity.path.to_owned(), entity.path.to_owned());
        let (all, of_all) = collection();
        let steps: [Step; 6] = [
            (Method::GET, all.clone(), None, 200, "list", of_all.clone()),
            (Method::POST, all, Some((entity.minimal)(3)), 201, "create", of_all),
            (Method::GET, entity.at(&row["id"]), None, 200, "get", template.clone()),
            (Method::PATCH, item.clone(), Some(json!({note: "changed"})), 200, "partial_update", template.clone()),
            (Method::PUT, item.clone(), Some((entity.minimal)(2)), 200, "update", template.clone()),
            (Method::DELETE, item, None, 204, "delete", template),
        ];
        for (number, (method, path, body, status, ..)) in (1..).zip(&steps) {
            let request = service.request(method.clone(), path);
            let request = body.iter().fold(request, partbook_test_support::Request::json);
            Caller::number(number).send(request).await.expect(*status);
        }
        let spans = all_of(service, &collector).await;
        for (number, (method, path, _, status, name, route)) in (1..).zip(&steps) {
            let trace = Caller::number(number).trace(&spans);
            trace.ends_with_the_server();
            assert_eq!(trace.server.name, format!("{method} {route}"));
            assert_eq!(trace.server.attribute("http.request.method"), method.as_str());
            assert_eq!(trace.server.attribute("http.route"), route);
            assert_eq!(trace.server.attribute("http.response.status_code"), *status);
            assert_eq!(trace.server.attribute("url.path"), path);
            assert_eq!(trace.server.attribute("user_agent.original"), &json!(null), "none was sent");
            let operation = format!("catalog.{name}_{}", entity.name);
            assert_eq!(trace.operations(), [operation.as_str()]);
            let operation = trace.named(&operation);
            assert!(trace.under(operation).all(|span| span.kind == SpanKind::Client), "{:#?}", trace.below);
            let statement = match *name {
                "list" | "get" => format!("SELECT {}", entity.table),
                "create" => format!("INSERT {}", entity.table),
                "delete" => format!("DELETE {}", entity.table),
                _ => format!("UPDATE {}", entity.table),
            };
            let names = trace.names_under(operation);
            assert!(names.contains(&statement.as_str()), "{statement} among {names:?}");
            let writes = !["list", "get"].contains(name);
            assert_eq!(names.first() == Some(&"BEGIN"), writes, "{names:?}");
            assert_eq!(names.last() == Some(&"COMMIT"), writes, "{names:?}");
            assert!(trace.below.iter().all(|span| span.status == StatusCode::Unset), "{:#?}", trace.below);
        }
    }
}

backends!(who_uses_a_part_is_an_operation_too);
async fn who_uses_a_part_is_an_operation_too(backend: Backend) {
    let collector = Collector::start().await;
    let service = traced(&collector, Transport::Grpc).start(backend).await;
    let cpu = service.create(&CPU, 1).await;
    service.created(LISTING.path, &listing_that_uses(1, "cpu_id", &cpu["id"])).await;
    let (uses, delete) = (Caller::number(1), Caller::number(2));
    uses.get(&service, &format!("{}/listings", CPU.at(&cpu["id"]))).await.expect(200);
    delete.send(service.request(Method::DELETE, &CPU.at(&cpu["id"]))).await.expect(409);
    let spans = all_of(service, &collector).await;
    let trace = uses.trace(&spans);
    assert_eq!(trace.server.name, "GET /v1/catalog/cpus/{id}/listings");
    assert_eq!(trace.operations(), ["catalog.get_cpu", "catalog.listings_cpu"]);
    assert_eq!(trace.names_under(trace.named("catalog.listings_cpu")), ["SELECT listing"]);
    // A refusal is an answer, and no failure.
    let trace = delete.trace(&spans);
    assert_eq!(trace.operations(), ["catalog.delete_cpu"]);
    assert!(trace.below.iter().chain([&trace.server]).all(|span| span.status == StatusCode::Unset));
}

#[tokio::test]
async fn requests_at_the_same_moment_keep_their_spans_apart() {
    let collector = Collector::start().await;
    let service: Server = traced(&collector, Transport::Http).start(Backend::Postgres).await;
    let row = service.create(&RAM_SPEC, 1).await;
    let callers: Vec<Caller> = (1..=40).map(Caller::number).collect();
    let requests = callers.iter().map(|caller| {
        let request =
            service.request(Method::PATCH, &RAM_SPEC.at(&row["id"])).header("traceparent", &caller.traceparent(true));
        request.json(&json!({"notes": caller.id}))
    });
    for answer in partbook_test_support::together(requests).await {
        answer.expect(200);
    }
    let spans = all_of(service, &collector).await;
    for caller in callers {
        let trace = caller.trace(&spans);
        assert_eq!(trace.operations(), ["catalog.partial_update_ram_spec"]);
        let names = trace.names_under(trace.named("catalog.partial_update_ram_spec"));
        assert_eq!(names.iter().filter(|name| **name == "UPDATE ram_spec").count(), 1, "{names:?}");
    }
}

#[tokio::test]
async fn what_is_done_together_is_linked() {
    let collector = Collector::start().await;
    let service: Server = traced(&collector, Transport::Http).start(Backend::Postgres).await;
    let row = service.create(&CPU, 1).await;
    let path = CPU.at(&row["id"]);
    let mut callers: Vec<Caller> = Vec::new();
    let is_grouped = |scrape: &Scrape| scrape.sum("partbook_db_grouped_operations_total", &[]) > 0.5;
    while !is_grouped(&service.metrics().await) {
        let new: Vec<Caller> = (0..40).map(|number| Caller::number((callers.len() + number) as u64 + 1)).collect();
        let requests = new
            .iter()
            .map(|caller| service.request(Method::GET, &path).header("traceparent", &caller.traceparent(true)));
        for answer in partbook_test_support::together(requests.collect::<Vec<_>>()).await {
            answer.expect(200);
        }
        callers.extend(new);
        assert!(callers.len() < 10_000, "no two of them have met");
    }
    let spans = all_of(service, &collector).await;
    let traces: Vec<Trace> = callers.iter().map(|caller| caller.trace(&spans)).collect();
    let mut linked = 0;
    for trace in &traces {
        trace.ends_with_the_server();
        let operation = trace.named("catalog.get_cpu");
        match operation.links.as_slice() {
            [] => assert_eq!(trace.names_under(operation), ["SELECT cpu"]),
            [first] => {
                assert_eq!(trace.names_under(operation), [""; 0]);
                let first = traces.iter().find(|trace| trace.named("catalog.get_cpu").id == *first);
                let first = first.expect("one of the operations");
                assert_eq!(first.names_under(first.named("catalog.get_cpu")), ["SELECT cpu"]);
                linked += 1;
            }
            links => panic!("one operation has the statement: {links:?}"),
        }
    }
    assert!(linked > 0);
}
