//! `/metrics` (contract section 8): what is counted, under which names, and what can never become a name.

mod admin;
mod database;
mod figures;
mod hostile;
mod queries;
mod requests;
mod routes;
mod state;
mod time;

use std::collections::BTreeMap;

use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Answer, Method, Request, Server};
use serde_json::Value;

/// Requests by method, route template and status.
type Counts = BTreeMap<(String, String, String), u64>;

/// What has been asked of a service, and how it answered, to be compared with what it counted.
struct Ledger<'service> {
    service: &'service Server,
    asked: Counts,
}

impl<'service> Ledger<'service> {
    fn new(service: &'service Server) -> Self {
        Self { service, asked: Counts::new() }
    }

    /// Asks, and notes the request under this method and template.
    async fn note(&mut self, method: &str, template: &str, request: Request) -> Answer {
        let answer = request.send().await;
        let key = (method.to_owned(), template.to_owned(), answer.status.to_string());
        *self.asked.entry(key).or_default() += 1;
        answer
    }

    fn request(&self, method: &str, path: &str) -> Request {
        self.service.request(Method::from_bytes(method.as_bytes()).expect("a method"), path)
    }

    /// Asks without a body and demands a status.
    async fn ask(&mut self, method: &str, template: &str, path: &str, status: u16) -> Answer {
        let request = self.request(method, path);
        self.note(method, template, request).await.expect(status)
    }

    /// Asks with a body and demands a status.
    async fn tell(&mut self, method: &str, template: &str, path: &str, body: &Value, status: u16) -> Answer {
        let request = self.request(method, path).json(body);
        self.note(method, template, request).await.expect(status)
    }

    /// Demands that the service has counted what was asked, and nothing else, `/metrics` aside.
    async fn agrees(&self) -> Scrape {
        let asked: u64 = self.asked.values().sum();
        let scrape = self.service.metrics_when(|scrape| counted(scrape).values().sum::<u64>() >= asked).await;
        assert_eq!(counted(&scrape), self.asked);
        scrape
    }
}

/// The requests that a service has counted, those for its figures aside.
fn counted(scrape: &Scrape) -> Counts {
    let sets = scrape.label_sets("http_requests_total").into_iter();
    let counts = sets.filter(|labels| labels["path"] != "/metrics").map(|labels| {
        let label = |name: &str| labels[name].clone();
        assert_eq!(labels.len(), 3, "{labels:?}");
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let count = scrape.value("http_requests_total", &pairs).expect("a series of the scrape");
        assert!(count.fract() == 0.0 && count >= 0.0, "{count}");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and whole")]
        let count = count as u64;
        ((label("method"), label("path"), label("status")), count)
    });
    counts.collect()
}
