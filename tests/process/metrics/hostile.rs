//! Strangers cannot make series: whatever they send, the names stay as few as the routes.

use std::collections::BTreeSet;

use super::{Ledger, counted};
use partbook_test_support::prometheus::{Scrape, Series};
use partbook_test_support::random_word;
use partbook_test_support::{Backend, Method, Request, Server, backends, together, wire};

const KINDS: usize = 12;

/// A request of one of [`KINDS`] kinds, which all have their words from the stranger.
fn strange(service: &Server, kind: usize) -> Request {
    let (one, other) = (random_word(), random_word());
    let number = u32::from_str_radix(&one[..7], 16).expect("sixteen digits") + 100;
    let (method, path) = match kind {
        0 => (Method::GET, format!("/{one}")),
        1 => (Method::GET, format!("/{one}/{other}/?{one}={other}")),
        2 => (Method::GET, format!("/v1/catalog/{one}")),
        3 => (Method::GET, format!("/v1/catalog/cpus/{one}x")),
        4 => (Method::GET, format!("/v1/catalog/cpus/{number}")),
        5 => (Method::GET, format!("/v1/catalog/cpus/{number}/listings?offset={number}")),
        6 => (Method::GET, format!("/v1/catalog/cpus?search={one}&min_cores={number}&notes={other}")),
        7 => (Method::GET, format!("/v1/catalog/cpus?{one}={other}")),
        8 => (Method::GET, format!("/v1/fields-data/{one}/schema?{other}")),
        9 => (Method::GET, format!("/docs/{one}.js?v={other}")),
        10 => (Method::DELETE, format!("/v1/listings/{number}?{one}")),
        _ => (Method::POST, format!("/v1/catalog/gpus?{one}")),
    };
    service
        .request(method, &path)
        .header("Host", &format!("{one}.example:{}", number % 65_536))
        .header("User-Agent", &one)
        .header("X-Request-ID", &other)
        .header("Accept", &format!("{one}/{other}"))
        .header("Content-Type", &format!("application/{one}"))
        .header("Authorization", &format!("Bearer {other}"))
        .header("Origin", &format!("https://{one}.example"))
        .header("X-Forwarded-For", &one)
        .header("Prefer", &one)
        .header(&format!("X-{one}"), &other)
}

/// A service that is asked by every name.
async fn start(backend: Backend) -> Server {
    Server::options().env("PARTBOOK_HOSTS", "*").start(backend).await
}

/// The series, once that many requests are counted.
async fn after(service: &Server, requests: u64) -> BTreeSet<Series> {
    let total = |scrape: &Scrape| counted(scrape).values().sum::<u64>();
    // The scrapes' own series comes with the first of them.
    let scrapes = [("method", "GET"), ("path", "/metrics"), ("status", "200")];
    let are_counted =
        |scrape: &Scrape| total(scrape) >= requests && scrape.value("http_requests_total", &scrapes).is_some();
    let scrape = service.metrics_when(are_counted).await;
    assert_eq!(total(&scrape), requests, "none is lost, and none counted twice");
    scrape.series()
}

/// Demands that nothing is new.
#[track_caller]
fn same(before: &BTreeSet<Series>, now: &BTreeSet<Series>) {
    let new: Vec<_> = now.difference(before).collect();
    assert!(new.is_empty(), "a stranger made series: {new:?}");
    assert_eq!(before, now);
}

backends!(paths_queries_and_headers_make_no_series: Sqlite);
async fn paths_queries_and_headers_make_no_series(backend: Backend) {
    let service = start(backend).await;
    for kind in 0..KINDS {
        strange(&service, kind).send().await;
    }
    let before = after(&service, KINDS as u64).await;
    let rounds = 2_000_usize.div_ceil(KINDS);
    for _ in 0..rounds {
        together((0..KINDS).map(|kind| strange(&service, kind))).await;
    }
    same(&before, &after(&service, ((rounds + 1) * KINDS) as u64).await);
}

backends!(methods_make_no_series: Sqlite);
async fn methods_make_no_series(service: Server) {
    let mut ledger = Ledger::new(&service);
    for _ in 0..200 {
        let method = random_word();
        for (template, path) in [("/v1/catalog/cpus", "/v1/catalog/cpus"), ("unmatched", "/warp")] {
            let request = ledger.request(&method, path);
            ledger.note("_OTHER", template, request).await;
        }
    }
    ledger.agrees().await;
}

/// What only a hand-written request can say.
fn odd(kind: usize) -> Option<String> {
    let word = random_word();
    let target = match kind {
        0 => format!("GET http://{word}.example/v1/catalog/cpus"),
        1 => format!("GET http://{word}.example/{word}"),
        2 => format!("GET /{word}\"}}"),
        3 => format!("GET /v1/catalog/cpus/{word}\"\\{{}}"),
        4 => format!("CONNECT {word}.example:443"),
        5 => format!("TRACE /{word}"),
        6 => "OPTIONS *".to_owned(),
        7 => format!("GET /{word}\u{e9}"),
        8 => format!("GET /?{word}"),
        9 => format!("GET /{}", word.repeat(500)),
        10 => format!("{} /", word.repeat(100)),
        _ => return None,
    };
    Some(format!("{target} HTTP/1.1\r\nHost: {word}\r\nConnection: close\r\n\r\n"))
}

backends!(odd_requests_make_no_series: Sqlite);
async fn odd_requests_make_no_series(backend: Backend) {
    let service = start(backend).await;
    let send = |kind| {
        let text = odd(kind)?;
        let mut stream = wire::connect(service.address());
        wire::send(&mut stream, &text);
        // Some are no HTTP, and refused before anything of this service sees them.
        let mut answer = Vec::new();
        std::io::Read::read_to_end(&mut stream, &mut answer).expect("an answer, or the end");
        Some(())
    };
    for kind in 0.. {
        if send(kind).is_none() {
            break;
        }
    }
    let settled = |scrape: &Scrape| scrape.value("http_requests_in_flight", &[]) == Some(1.0);
    // All that is to come has come once a later request is counted.
    let mark = async |path: &str| {
        let before = service.metrics().await.sum("http_requests_total", &[("path", path)]);
        service.get(path).await;
        let counted = |scrape: &Scrape| scrape.sum("http_requests_total", &[("path", path)]) > before;
        service.metrics_when(|scrape| counted(scrape) && settled(scrape)).await.series()
    };
    let before = mark("/livez").await;
    for _ in 0..10 {
        for kind in 0.. {
            if send(kind).is_none() {
                break;
            }
        }
    }
    same(&before, &mark("/livez").await);
}
