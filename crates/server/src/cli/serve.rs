//! `partbook serve`: from the settings to the last answered request.

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use partbook_domain::clock::SystemClock;
use partbook_http::App;
use partbook_repository::{DatabaseUrl, Mode, Pool, PoolSettings, Repository};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::{Failure, Log, Target};
use crate::config::{self, BadSetting, setting};
use crate::listener::{self, Drain, Reserved, Stop};
use crate::{demo, telemetry};

/// How long closing the database may take.
const CLOSING: Duration = Duration::from_secs(5);

#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The address to serve on; port 0 is any free one [env: `PARTBOOK_LISTEN`] [default: 127.0.0.1:8000]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) listen: Option<String>,

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
    url: DatabaseUrl,
    pool: PoolSettings,
    demo: bool,
    drain: Drain,
    app: partbook_http::Settings,
}

impl Arguments {
    fn settings(&self) -> Result<Settings, BadSetting> {
        let seconds = |flag, variable, given: &Option<String>, default| {
            setting(flag, variable).read(given.as_deref(), default, config::seconds)
        };
        Ok(Settings {
            listen: setting("--listen", "PARTBOOK_LISTEN").read(
                self.listen.as_deref(),
                "127.0.0.1:8000",
                config::listen,
            )?,
            url: self.target.url()?,
            pool: config::pool(self.pool_size.as_deref(), self.target.statement_cache.as_deref())?,
            demo: self.demo,
            drain: Drain {
                delay: seconds("--drain-delay", "PARTBOOK_DRAIN_DELAY", &self.drain_delay, "0")?,
                grace: seconds("--shutdown-timeout", "PARTBOOK_SHUTDOWN_TIMEOUT", &self.shutdown_timeout, "30")?,
            },
            app: partbook_http::Settings {
                environment: setting("--environment", "PARTBOOK_ENVIRONMENT").read(
                    self.environment.as_deref(),
                    "development",
                    config::word,
                )?,
                version: env!("CARGO_PKG_VERSION"),
                cors_origins: setting("--cors-origins", "PARTBOOK_CORS_ORIGINS").read(
                    self.cors_origins.as_deref(),
                    "http://localhost:3000",
                    config::origins,
                )?,
            },
        })
    }
}

/// Serves until a signal asks for the end.
///
/// # Errors
/// A bad setting; an address or a database that cannot be had.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let settings = arguments.settings()?;
    telemetry::init(arguments.log.settings()?);
    let mut stop = Stop::install().map_err(|error| Failure::Run(error.to_string()))?;
    let drain = settings.drain;
    let (pool, app, listener) = tokio::select! {
        started = start(settings) => started?,
        () = stop.requested() => return Ok(()),
    };
    let draining = app.clone();
    listener::serve(listener, app.router(), stop, drain, move || draining.drain()).await;
    if timeout(CLOSING, pool.close()).await.is_err() {
        tracing::warn!("connections to the database were still in use and were left open");
    }
    Ok(())
}

async fn start(settings: Settings) -> Result<(Pool, App, TcpListener), Failure> {
    // First, so that a second start on a machine changes nothing; and without letting clients in, who would wait.
    let reserved = Reserved::bind(&settings.listen).await.map_err(Failure::Run)?;
    for parameter in settings.url.ignored() {
        tracing::warn!(parameter, "this parameter of the database URL has no meaning here and is ignored");
    }
    let pool = Pool::connect(&settings.url, &settings.pool).await?;
    let mode = partbook_repository::prepare(&pool, &partbook_repository::needed_columns()).await?;
    let schema = match mode {
        Mode::Ours => "partbook",
        Mode::Legacy => "legacy",
    };
    tracing::info!(database = %settings.url, schema, "database ready");
    let repository = Repository::open(pool.clone(), Arc::new(SystemClock)).await?;
    if settings.demo {
        demo::load(&repository).await.map_err(Failure::Run)?;
    }
    let app = App::new(repository, settings.app);
    let failed = |error| Failure::Run(format!("cannot listen on {}: {error}", settings.listen));
    let listener = reserved.listen().map_err(failed)?;
    let address = format!("http://{}", listener.local_addr().map_err(failed)?);
    tracing::info!(address, "listening");
    tracing::info!(url = format!("{address}/docs"), "documentation");
    Ok((pool, app, listener))
}
