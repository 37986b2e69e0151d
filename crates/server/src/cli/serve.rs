//! `partbook serve`: from the settings to the last answered request.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use partbook_database::{DatabaseUrl, Pool, PoolSettings, SchemaKind};
use partbook_domain::clock::SystemClock;
use partbook_http::{App, Metrics};
use partbook_repository::{Repository, required_columns};
use partbook_telemetry::TraceSettings;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::{Failure, Log, Target};
use crate::config::{self, BadSetting, setting};
use crate::demo;
use crate::serve::{self, ReservedAddress, ShutdownSignal, ShutdownTiming};

/// How long closing the database may take.
const POOL_CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often answers kept for retries are looked through for those that are too old.
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The address to serve on; port 0 is any free one [env: `PARTBOOK_LISTEN`] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) listen: Option<String>,

    /// An address of its own for /metrics and the health checks, which only operators should reach; /metrics is then not
    /// served on the other [env: `PARTBOOK_ADMIN_LISTEN`] [default: none]
    #[arg(long, value_name = "HOST:PORT")]
    admin_listen: Option<String>,

    #[command(flatten)]
    target: Target,

    /// Fill an empty database with a sample catalog; one that holds anything is left as it is
    #[arg(long)]
    pub(super) demo: bool,

    /// The name of this installation, which /health shows [env: `PARTBOOK_ENVIRONMENT`] [default: development]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,

    /// The origins whose pages may call the service from a browser, separated by commas, or * for all
    /// [env: `PARTBOOK_CORS_ORIGINS`] [default: `http://localhost:3000`]
    #[arg(long, value_name = "ORIGINS")]
    cors_origins: Option<String>,

    /// Refuse changes of a row that do not say which version they are meant for: 428 without If-Match
    /// [env: `PARTBOOK_REQUIRE_IF_MATCH`] [default: false]
    #[arg(long, value_name = "true|false")]
    require_if_match: Option<String>,

    /// The greatest number of connections to the database [env: `PARTBOOK_POOL_SIZE`] [default: 10]
    #[arg(long, value_name = "NUMBER")]
    pool_size: Option<String>,

    #[command(flatten)]
    log: Log,

    /// Seconds to go on serving after a signal to stop, while /readyz already says no, so that load balancers notice
    /// [env: `PARTBOOK_DRAIN_DELAY`] [default: 0]
    #[arg(long, value_name = "SECONDS")]
    drain_delay: Option<String>,

    /// Seconds that running requests then have to finish [env: `PARTBOOK_SHUTDOWN_TIMEOUT`] [default: 30]
    #[arg(long, value_name = "SECONDS")]
    shutdown_timeout: Option<String>,
}

/// Everything that was asked for, checked.
struct Settings {
    listen: String,
    admin_listen: Option<String>,
    url: DatabaseUrl,
    pool: PoolSettings,
    demo: bool,
    timing: ShutdownTiming,
    app: partbook_http::HttpSettings,
    traces: Option<TraceSettings>,
}

impl Arguments {
    fn settings(&self) -> Result<Settings, BadSetting> {
        let seconds = |flag, variable, given: &Option<String>, default| {
            setting(flag, variable).read(given.as_deref(), default, config::seconds)
        };
        let admin_listen = setting("--admin-listen", "PARTBOOK_ADMIN_LISTEN").read(
            self.admin_listen.as_deref(),
            "",
            config::listen_if_given,
        )?;
        let listen =
            setting("--listen", "PARTBOOK_LISTEN").read(self.listen.as_deref(), "127.0.0.1:8000", config::listen)?;
        if admin_listen.as_ref() == Some(&listen) && !listen.ends_with(":0") {
            let fault = "is the address of the service itself; choose another port";
            return Err(BadSetting(format!("PARTBOOK_ADMIN_LISTEN: `{listen}` {fault}")));
        }
        let environment = setting("--environment", "PARTBOOK_ENVIRONMENT").read(
            self.environment.as_deref(),
            "development",
            config::word,
        )?;
        Ok(Settings {
            traces: config::traces(&environment)?,
            listen,
            url: self.target.url()?,
            pool: config::pool(self.pool_size.as_deref(), self.target.statement_cache.as_deref())?,
            demo: self.demo,
            timing: ShutdownTiming {
                drain_delay: seconds("--drain-delay", "PARTBOOK_DRAIN_DELAY", &self.drain_delay, "0")?,
                shutdown_timeout: seconds(
                    "--shutdown-timeout",
                    "PARTBOOK_SHUTDOWN_TIMEOUT",
                    &self.shutdown_timeout,
                    "30",
                )?,
            },
            app: partbook_http::HttpSettings {
                environment,
                version: env!("CARGO_PKG_VERSION"),
                cors_origins: setting("--cors-origins", "PARTBOOK_CORS_ORIGINS").read(
                    self.cors_origins.as_deref(),
                    "http://localhost:3000",
                    config::origins,
                )?,
                requires_if_match: setting("--require-if-match", "PARTBOOK_REQUIRE_IF_MATCH").read(
                    self.require_if_match.as_deref(),
                    "false",
                    config::truth,
                )?,
                has_admin_listener: admin_listen.is_some(),
            },
            admin_listen,
        })
    }
}

/// Serves until a signal asks for the end.
///
/// # Errors
/// A bad setting; an address or a database that cannot be had.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let settings = arguments.settings()?;
    let log = arguments.log.settings()?;
    let telemetry = partbook_telemetry::start(log, settings.traces.as_ref()).map_err(Failure::Run)?;
    let mut signal = ShutdownSignal::install().map_err(|error| Failure::Run(error.to_string()))?;
    let timing = settings.timing;
    let Started { pool, app, listener, admin } = tokio::select! {
        started = start(settings) => started?,
        () = signal.requested() => return Ok(()),
    };
    // Until the end: while the service drains, it is asked how it is.
    let admin = admin.map(|admin| tokio::spawn(serve::serve_beside(admin, app.admin_router())));
    let sweep_task = tokio::spawn(sweep(app.clone()));
    let draining = app.clone();
    serve::serve(listener, app.router(), signal, timing, move || draining.drain()).await;
    sweep_task.abort();
    if let Some(admin) = admin {
        admin.abort();
    }
    if timeout(POOL_CLOSE_TIMEOUT, pool.close()).await.is_err() {
        tracing::warn!("connections to the database were still in use and were left open");
    }
    telemetry.finish().await;
    Ok(())
}

/// Forgets kept answers that are too old, now and then.
async fn sweep(app: App) {
    loop {
        app.delete_expired().await;
        sleep(SWEEP_INTERVAL).await;
    }
}

/// A service that can be let run.
struct Started {
    pool: Pool,
    app: App,
    listener: TcpListener,
    admin: Option<TcpListener>,
}

async fn start(settings: Settings) -> Result<Started, Failure> {
    // First, so that a second start on a machine changes nothing; and without letting clients in, who would wait.
    let reserved = ReservedAddress::bind(&settings.listen).await.map_err(Failure::Run)?;
    let admin = match &settings.admin_listen {
        Some(address) => Some(ReservedAddress::bind(address).await.map_err(Failure::Run)?),
        None => None,
    };
    for parameter in settings.url.ignored() {
        tracing::warn!(parameter, "this parameter of the database URL has no meaning here and is ignored");
    }
    let pool = Pool::connect(&settings.url, &settings.pool).await?;
    let prepared = partbook_migrate::prepare(pool.clone(), &required_columns()).await?;
    let schema = match prepared.schema {
        SchemaKind::Ours => "partbook",
        SchemaKind::Legacy => "legacy",
    };
    tracing::info!(database = %settings.url, schema, "database ready");
    let metrics = Metrics::install(env!("CARGO_PKG_VERSION"), env!("PARTBOOK_COMMIT"));
    let metrics = metrics.map_err(|error| Failure::Run(error.to_string()))?;
    let repository = Repository::open(prepared, Arc::new(SystemClock));
    if settings.demo {
        demo::load(&repository).await.map_err(Failure::Run)?;
    }
    let app = App::new(repository, settings.app, metrics);
    let failed = |error| Failure::Run(format!("cannot listen: {error}"));
    let admin = admin.map(ReservedAddress::listen).transpose().map_err(Failure::Run)?;
    if let Some(admin) = &admin {
        let address = format!("http://{}", admin.local_addr().map_err(failed)?);
        tracing::info!(address, "metrics and health");
    }
    let listener = reserved.listen().map_err(Failure::Run)?;
    let address = format!("http://{}", listener.local_addr().map_err(failed)?);
    tracing::info!(address, "listening");
    tracing::info!(url = format!("{address}/docs"), "documentation");
    Ok(Started { pool, app, listener, admin })
}
