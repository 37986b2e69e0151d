//! How long requests take, and how many are under way.

use std::collections::BTreeMap;

use partbook_test_support::contract::CPU;
use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Server, backends, wire};

const DURATION: &str = "http_request_duration_seconds";

fn in_flight(scrape: &Scrape) -> f64 {
    scrape.value("http_requests_in_flight", &[]).expect("a gauge")
}

/// Waits until that many requests are under way, the scrape among them.
async fn until_in_flight(service: &Server, requests: u32) -> Scrape {
    service.metrics_when(|scrape| (in_flight(scrape) - f64::from(requests)).abs() < 0.5).await
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

backends!(a_millisecond_and_a_second_can_be_told_from_others: Sqlite);
async fn a_millisecond_and_a_second_can_be_told_from_others(service: Server) {
    service.get(CPU.path).await.expect(200);
    let of_list = labels(&[("method", "GET"), ("path", CPU.path)]);
    let scrape = service.metrics_when(|scrape| !scrape.buckets(DURATION, &of_list).is_empty()).await;
    for family in [DURATION, "partbook_db_operation_duration_seconds", "partbook_db_pool_wait_seconds"] {
        assert_eq!(scrape.types().get(family).map(String::as_str), Some("histogram"), "{family}");
        let every = scrape.label_sets(&format!("{family}_count"));
        assert!(!every.is_empty(), "{family}");
        for labels in every {
            let bounds: Vec<f64> = scrape.buckets(family, &labels).into_iter().map(|(bound, _)| bound).collect();
            for seconds in [0.001, 1.0] {
                let below = bounds.iter().any(|bound| (seconds / 2.5..seconds).contains(bound));
                let above = bounds.iter().any(|bound| *bound > seconds && *bound <= seconds * 2.5);
                assert!(below && above, "{family} around {seconds} s: {bounds:?}");
            }
        }
    }
}

backends!(a_duration_is_the_time_that_passed: Sqlite);
async fn a_duration_is_the_time_that_passed(service: Server) {
    let begin = std::time::Instant::now();
    for _ in 0..20 {
        service.get(CPU.path).await.expect(200);
    }
    let of_list = [("method", "GET"), ("path", CPU.path)];
    let count = |scrape: &Scrape| scrape.value(&format!("{DURATION}_count"), &of_list);
    let scrape = service.metrics_when(|scrape| count(scrape) == Some(20.0)).await;
    let sum = scrape.value(&format!("{DURATION}_sum"), &of_list).expect("a sum");
    // One after another: together they cannot have taken longer than all of it.
    assert!(sum > 0.0 && sum < begin.elapsed().as_secs_f64(), "{sum}");
}

backends!(a_request_that_lasts_is_in_flight: Sqlite);
async fn a_request_that_lasts_is_in_flight(service: Server) {
    until_in_flight(&service, 1).await;
    let body = (CPU.minimal)(1).to_string();
    let (first, rest) = body.split_at(10);
    let mut posts: Vec<_> = (0..3).map(|_| wire::connect(service.address())).collect();
    for stream in &mut posts {
        let length = body.len();
        let head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n", CPU.path);
        wire::send(stream, &format!("{head}Content-Length: {length}\r\n\r\n{first}"));
    }
    let scrape = until_in_flight(&service, 4).await;
    assert!(scrape.sum("http_requests_total", &[("path", CPU.path)]).abs() < 0.5, "not answered, not counted");
    wire::send(&mut posts[0], rest);
    let (head, _) = wire::answer(&mut posts[0]);
    assert_eq!(wire::status(&head), 201);
    until_in_flight(&service, 3).await;
    // Clients that go away are gone.
    drop(posts);
    until_in_flight(&service, 1).await;
}

backends!(a_list_is_in_flight_until_its_last_byte);
async fn a_list_is_in_flight_until_its_last_byte(service: Server) {
    service.fill(&CPU, 30_000).await;
    let mut stream = wire::connect(service.address());
    wire::send(&mut stream, &format!("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", CPU.path));
    let mut begin = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut begin).expect("the beginning of an answer");
    assert_eq!(&begin, b"HTTP/1.1 200");
    let scrape = until_in_flight(&service, 2).await;
    assert!(scrape.sum("http_requests_total", &[("path", CPU.path)]).abs() < 0.5, "counted when it is sent");
    std::io::Read::read_to_end(&mut stream, &mut Vec::new()).expect("the rest of the answer");
    let counted = |scrape: &Scrape| scrape.sum("http_requests_total", &[("path", CPU.path)]) > 0.5;
    let scrape = service.metrics_when(|scrape| in_flight(scrape) < 1.5 && counted(scrape)).await;
    assert!((scrape.sum("http_requests_total", &[("path", CPU.path)]) - 1.0).abs() < 0.5);
}
