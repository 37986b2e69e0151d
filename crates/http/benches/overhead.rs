//! What being observed costs a request: the same requests, in one process and in turn, with nothing, with metrics, with
//! metrics and the log, and with all of these and a trace of every request.
//!
//! `cargo bench -p partbook-http --bench overhead` prints microseconds per request (the median of the rounds) and, which
//! alone can be compared between machines, the ratio to a request that nobody observes. There is no network in it, so the
//! ratios are the worst case.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use metrics::NoopRecorder;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use partbook_database::{DatabaseUrl, Pool, PoolSettings};
use partbook_domain::access::{Actor, Anonymous};
use partbook_domain::clock::SystemClock;
use partbook_domain::entity::cpu::CPU;
use partbook_domain::json;
use partbook_http::{App, Hosts, HttpLimits, HttpSettings, Metrics, PlainRow, RateLimits, Reach, TrustedProxies};
use partbook_repository::{Create, Repository, RepositoryLimits, required_tables};
use partbook_telemetry::TRACE_TARGET;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use tracing::Dispatch;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;

/// How often each kind of observation has its turn, and how many requests a turn has.
const ROUNDS: usize = 15;
const REQUESTS: usize = 400;

/// Takes spans and forgets them: what a collector costs is not ours.
#[derive(Debug)]
struct Forget;

impl SpanExporter for Forget {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// A request of the benchmark; the number makes each write change something.
type Make = fn(usize) -> Request<Body>;

fn main() {
    // cargo test runs benchmarks too, to see that they work.
    let (rounds, requests) =
        if std::env::args().any(|argument| argument == "--bench") { (ROUNDS, REQUESTS) } else { (1, 3) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite://{}", directory.path().join("bench.db").display());
    let router = runtime.block_on(router(&url));

    let provider = SdkTracerProvider::builder().with_batch_exporter(Forget).build();
    let observers = [
        ("nothing", false, Dispatch::none()),
        ("metrics", true, Dispatch::none()),
        ("metrics, log", true, Dispatch::new(tracing_subscriber::registry().with(log()))),
        ("metrics, log, traces", true, {
            let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench")).with_location(false);
            let traces = traces.with_threads(false).with_tracked_inactivity(false).with_context_activation(false);
            let traces = traces.with_filter(Targets::new().with_target(TRACE_TARGET, LevelFilter::INFO));
            Dispatch::new(tracing_subscriber::registry().with(traces).with(log()))
        }),
    ];
    let requests_of: [(&str, Make); 3] = [
        ("GET one row", |_| request(Method::GET, "/v1/catalog/cpus/1", Body::empty())),
        ("GET 50 rows", |_| request(Method::GET, "/v1/catalog/cpus?limit=50", Body::empty())),
        ("PATCH one row", |number| {
            let body = format!(r#"{{"cpu_mark_multi":{number}}}"#);
            request(Method::PATCH, "/v1/catalog/cpus/1", Body::from(body))
        }),
    ];
    println!("{:<16}{:<24}{:>14}{:>10}", "request", "observed by", "µs/request", "ratio");
    for (name, make) in requests_of {
        let mut times = [(); 4].map(|()| Vec::new());
        for round in 0..=rounds {
            for ((_, measured, dispatch), times) in observers.iter().zip(&mut times) {
                let run = || tracing::dispatcher::with_default(dispatch, || turn(&runtime, &router, make, requests));
                let time = if *measured { run() } else { metrics::with_local_recorder(&NoopRecorder, run) };
                // The first round warms up.
                if round > 0 {
                    times.push(time);
                }
            }
        }
        let medians = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        });
        for ((observer, ..), median) in observers.iter().zip(medians) {
            println!("{name:<16}{observer:<24}{:>14.1}{:>10.2}", median * 1e6, median / medians[0]);
        }
    }
}

fn log<S>() -> impl tracing_subscriber::Layer<S>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
{
    let filter = Targets::new().with_default(LevelFilter::INFO).with_target(TRACE_TARGET, LevelFilter::OFF);
    let layer = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    layer.with_writer(io::sink).with_filter(filter)
}

fn request(method: Method, path: &str, body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.body(body).expect("a well-formed request")
}

/// Sends requests one after the other; answers the seconds that each took.
fn turn(runtime: &Runtime, router: &Router, make: Make, requests: usize) -> f64 {
    runtime.block_on(async {
        let begin = Instant::now();
        for number in 0..requests {
            let Ok(answer) = router.clone().oneshot(make(number)).await;
            assert!(answer.status().is_success(), "{}", answer.status());
            to_bytes(answer.into_body(), usize::MAX).await.expect("the whole answer");
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundreds")]
        let requests = requests as f64;
        begin.elapsed().as_secs_f64() / requests
    })
}

/// The service on a new file with a hundred CPUs.
async fn router(url: &str) -> Router {
    let url = DatabaseUrl::parse(url).expect("a database URL");
    let pool = Pool::connect(&url, &PoolSettings::default()).await.expect("a new file");
    let prepared = partbook_migrate::prepare(
        pool,
        &required_tables(),
        partbook_migrate::AtStart::Migrate(&partbook_migrate::NoPrecaution),
    )
    .await
    .expect("the tables");
    let repository = Repository::open(prepared, Arc::new(SystemClock), RepositoryLimits::default());
    for number in 0..100 {
        let body = format!(r#"{{"name":"CPU {number}","manufacturer":"AMD","cores":8,"attributes":{{"a":1}}}}"#);
        let body = json::parse(body.as_bytes()).expect("JSON");
        let create = Create { entity: &CPU, body, representation: &PlainRow, strict: false, actor: Actor::Anonymous };
        repository.create(create).await.expect("a new row");
    }
    let settings = HttpSettings {
        environment: "bench".to_owned(),
        version: "bench",
        commit: "bench",
        base_path: String::new(),
        cors_origins: Vec::new(),
        requires_if_match: false,
        ignores_legacy_limit: false,
        has_admin_listener: false,
        hosts: Hosts::default(),
        proxy_users: None,
        trusted_proxies: TrustedProxies::default(),
        rate_limits: RateLimits::default(),
        anonymous: Anonymous::Write,
        tokens_file: None,
        limits: HttpLimits::default(),
    };
    App::new(repository, settings, Metrics::install("bench", "bench").expect("the only recorder"))
        .router(Reach::Loopback)
}
