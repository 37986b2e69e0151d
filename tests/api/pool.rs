//! No operation needs more than one connection at once: a pool of one serves all of them, and any number together.

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, Entity, GPU, LISTING, PORTS_PROFILE, catalog, in_listings};
use partbook_test_support::{Answer, Backend, Method, Request, Service, backends, together};

/// A text that makes two rows of it a page that is streamed.
fn long_text() -> String {
    "big ".repeat(37_500)
}

/// A part with long notes, and listings that use it.
async fn long_rows(service: &Service) -> Value {
    let mut id = Value::Null;
    for number in 1..=4 {
        let mut body = (GPU.minimal)(number);
        body["notes"] = json!(long_text());
        body["name"] = json!(format!("big {number}"));
        id = service.created(GPU.path, &body).await["id"].take();
    }
    for number in 1..=4 {
        let mut body = (LISTING.full)(number);
        body["gpu_id"] = id.clone();
        body["title"] = json!(format!("big {number}"));
        service.created(LISTING.path, &body).await;
    }
    id
}

/// The pages that a list's links lead to.
#[track_caller]
fn relations(answer: &Answer) -> Vec<String> {
    let links = answer.header("link").expect("links");
    links.split("rel=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

backends!(a_page_that_is_streamed_says_what_follows);
async fn a_page_that_is_streamed_says_what_follows(backend: Backend) {
    let service = Service::options().pool_size(1).start(backend).await;
    let gpu = long_rows(&service).await;
    for list in
        [format!("{}?search=big&", GPU.path), format!("{}?", LISTING.path), format!("{}/listings?", GPU.at(&gpu))]
    {
        for (page, rows, expected) in [
            ("limit=2", 2, &["first", "next"][..]),
            ("limit=2&offset=1", 2, &["first", "prev", "next"]),
            ("limit=2&offset=2", 2, &["first", "prev"]),
            ("limit=3&offset=2", 2, &["first", "prev"]),
            ("limit=4", 4, &["first"]),
        ] {
            let answer = service.get(&format!("{list}{page}")).await.expect(200);
            assert_eq!(answer.array().len(), rows, "{list}{page}");
            assert_eq!(relations(&answer), expected, "{list}{page}");
        }
        let counted = service.request(Method::GET, &format!("{list}limit=2&offset=2")).header("Prefer", "count=exact");
        let counted = counted.send().await.expect(200);
        assert_eq!(counted.header("x-total-count"), Some("4"), "{list}");
        assert_eq!(relations(&counted), ["first", "prev", "last"], "{list}");
    }
}

/// A number that no other request of the test has.
fn number(operation: usize, round: usize) -> u32 {
    u32::try_from(operation * 100 + round + 10).expect("a small number")
}

const POOL_SIZES: [u32; 2] = [1, 3];

/// The status that an operation is answered, and what sends it in a round.
type Operation<'a> = (u16, Box<dyn Fn(usize) -> Request + 'a>);

/// Every operation on an entity's rows.
fn operations<'a>(service: &'a Service, entity: &'static Entity, rows: &'a [Value]) -> Vec<Operation<'a>> {
    let row = |round: usize| entity.at(&rows[round]["id"]);
    let get = move |path: String| service.request(Method::GET, &path);
    let records = format!("/v1/fields-data/{}/records", entity.name);
    let record = move |n: u32| json!({"fields": (entity.minimal)(n), "attributes": {}});
    let (path, schema) = (entity.path, format!("/v1/fields-data/{}/schema", entity.name));
    let (of_records, to_records) = (records.clone(), records.clone());
    vec![
        (200, Box::new(move |_| get(path.to_owned()))),
        (200, Box::new(move |_| get(format!("{path}?limit=2&search=e")))),
        (200, Box::new(move |_| get(format!("{path}?limit=2")).header("Prefer", "count=exact"))),
        (200, Box::new(move |round| get(row(round)))),
        (201, Box::new(move |round| service.request(Method::POST, path).json(&(entity.minimal)(number(1, round))))),
        (
            201,
            Box::new(move |round| {
                let request = service.request(Method::POST, path).header("Idempotency-Key", &format!("{path}#{round}"));
                request.json(&(entity.minimal)(number(2, round)))
            }),
        ),
        (200, Box::new(move |round| service.request(Method::PUT, &row(round)).json(&rows[round]))),
        (
            200,
            Box::new(move |round| {
                service.request(Method::PATCH, &row(round)).json(&json!({entity.note(): format!("round {round}")}))
            }),
        ),
        (200, Box::new(move |_| get(schema.clone()))),
        (200, Box::new(move |_| get(of_records.clone()))),
        (201, Box::new(move |round| service.request(Method::POST, &to_records).json(&record(number(3, round))))),
        (
            200,
            Box::new(move |round| {
                let id = &rows[round]["id"];
                service.request(Method::PATCH, &format!("{records}/{id}")).json(&json!({"fields": {}}))
            }),
        ),
        (204, Box::new(move |round| service.request(Method::DELETE, &row(round)))),
    ]
}

backends!(every_operation_needs_one_connection: Sqlite, Postgres, Legacy);
async fn every_operation_needs_one_connection(backend: Backend) {
    for size in POOL_SIZES {
        let service = Service::options().pool_size(size).start(backend).await;
        let times = 2 * size as usize;
        let entities = catalog().into_iter().chain([&LISTING]);
        for entity in entities {
            let mut rows = Vec::new();
            for round in 0..times {
                rows.push(service.create(entity, number(0, round)).await);
            }
            for (place, (status, request)) in operations(&service, entity, &rows).into_iter().enumerate() {
                if backend == Backend::Legacy && place == 5 {
                    // It has no place for the answers.
                    continue;
                }
                for answer in together((0..times).map(request)).await {
                    answer.expect(status);
                }
            }
        }
        for path in ["/health", "/readyz", "/metrics", "/v1/fields-data/entities"] {
            for answer in together((0..times).map(|_| service.request(Method::GET, path))).await {
                answer.expect(200);
            }
        }
    }
}

backends!(uses_are_told_over_one_connection);
async fn uses_are_told_over_one_connection(backend: Backend) {
    let service = Service::options().pool_size(1).start(backend).await;
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        let listing = partbook_test_support::contract::listing_that_uses(1, entity.used_through[0], &row["id"]);
        service.created(LISTING.path, &listing).await;
        let uses = |_| service.request(Method::GET, &format!("{}/listings?limit=1", entity.at(&row["id"])));
        for answer in together((0..2).map(uses)).await {
            assert_eq!(answer.expect(200).array().len(), 1);
        }
        let counted = |n| uses(n).header("Prefer", "count=exact");
        for answer in together((0..2).map(counted)).await {
            assert_eq!(answer.expect(200).header("x-total-count"), Some("1"));
        }
        for answer in together((0..2).map(|_| service.request(Method::DELETE, &entity.at(&row["id"])))).await {
            answer.problem(409);
        }
    }
}

backends!(a_refusal_needs_one_connection);
async fn a_refusal_needs_one_connection(backend: Backend) {
    let service = Service::options().pool_size(1).start(backend).await;
    let taken = service.create(&CPU, 1).await;
    let other = service.create(&CPU, 2).await;
    let to_taken = json!({"name": taken["name"]});
    for answer in together((0..4).map(|_| service.request(Method::PATCH, &CPU.at(&other["id"])).json(&to_taken))).await
    {
        answer.problem(422);
    }
    for answer in together((0..4).map(|_| service.request(Method::POST, CPU.path).json(&(CPU.minimal)(1)))).await {
        answer.problem(422);
    }
    let key = |n: usize| service.request(Method::POST, CPU.path).header("Idempotency-Key", &n.to_string());
    for answer in together((0..4).map(|n| key(n).json(&(CPU.minimal)(1)))).await {
        answer.problem(422);
    }
    let missing = PORTS_PROFILE.at(&json!(4711));
    for answer in together((0..4).map(|_| service.request(Method::PATCH, &missing).json(&json!({})))).await {
        answer.problem(404);
    }
}
