//! `partbook serve`: from the settings to the last answered request.

use std::sync::Arc;
use std::time::Duration;

use listenfd::ListenFd;
use partbook_database::{DatabaseUrl, Pool, Replicas, SchemaKind};
use partbook_domain::clock::SystemClock;
use partbook_http::{App, HttpSettings, Metrics, Reach};
use partbook_migrate::AtStart;
use partbook_repository::{Repository, required_tables};
use tokio::time::{sleep, timeout};

use super::backup::BackupFirst;
use super::backup_watch;
use super::output::{Failure, warn_of_remaining_log};
use super::{replicas_watch, replication_watch, schema_watch};
use crate::config::{self, ServeArguments};
use crate::demo;
use crate::serve::{
    self, ConnectionTimeouts, Listener, LocalAddress, ReservedAddress, Sharing, ShutdownSignal, ShutdownTiming,
};

/// How long closing the database may take.
const POOL_CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often expired idempotency keys are deleted.
const SWEEP_INTERVAL: Duration = Duration::from_hours(1);

/// Serves until a signal asks for the end, on the socket that was handed over where one was.
///
/// # Errors
/// A setting makes no sense; an address or a database cannot be used.
pub(super) async fn run(arguments: ServeArguments, inherited: ListenFd) -> Result<(), Failure> {
    arguments.check()?;
    let url = arguments.database.url()?;
    let read_url = arguments.replicas.url(&url, arguments.read_only)?;
    let traces = config::traces(&arguments.environment)?;
    let telemetry = partbook_telemetry::start(arguments.log.settings(), traces.as_ref()).map_err(Failure::Run)?;
    let mut signal = ShutdownSignal::install().map_err(|error| Failure::Run(error.to_string()))?;
    let timing = ShutdownTiming { drain_delay: arguments.drain_delay, shutdown_timeout: arguments.shutdown_timeout };
    let timeouts = ConnectionTimeouts {
        headers: arguments.header_timeout,
        idle: arguments.idle_timeout,
        answer: arguments.limits.answer_timeout,
    };
    let (store, is_read_only) = (arguments.backup.backup.store()?, arguments.read_only);
    let Started { pool, replicas, app, listener, admin } = tokio::select! {
        started = start(arguments, (&url, read_url.as_ref()), inherited) => started?,
        () = signal.requested() => return Ok(()),
    };
    // Until the end: load balancers and operators ask while the service drains.
    let admin =
        admin.map(|(listener, reach)| tokio::spawn(serve::serve_beside(listener, app.admin_router(reach), timeouts)));
    let sweep_task = (!is_read_only).then(|| tokio::spawn(delete_expired(app.clone())));
    let watch_task = tokio::spawn(schema_watch::watch(pool.clone()));
    let replication_task = tokio::spawn(replication_watch::watch(pool.clone()));
    let replicas_task = replicas.clone().map(|replicas| tokio::spawn(replicas_watch::watch(replicas)));
    let backup_task = tokio::spawn(backup_watch::watch(store, partbook_backup::known_as(&url)));
    let draining = app.clone();
    let (listener, reach) = listener;
    serve::serve(listener, app.router(reach), timeouts, signal, timing, move || draining.drain()).await;
    if let Some(sweep_task) = sweep_task {
        sweep_task.abort();
    }
    watch_task.abort();
    replication_task.abort();
    if let Some(replicas_task) = replicas_task {
        replicas_task.abort();
    }
    backup_task.abort();
    if let Some(admin) = admin {
        admin.abort();
    }
    let close = async {
        if let Some(replicas) = replicas {
            replicas.close().await;
        }
        pool.close().await;
    };
    if timeout(POOL_CLOSE_TIMEOUT, close).await.is_err() {
        tracing::warn!("database connections left open");
    }
    warn_of_remaining_log(&url);
    telemetry.finish().await;
    Ok(())
}

/// Deletes expired idempotency keys from time to time.
async fn delete_expired(app: App) {
    loop {
        app.delete_expired().await;
        sleep(SWEEP_INTERVAL).await;
    }
}

/// A service that is ready to serve.
struct Started {
    pool: Pool,
    replicas: Option<Replicas>,
    app: App,
    listener: (Listener, Reach),
    admin: Option<(Listener, Reach)>,
}

async fn start(
    arguments: ServeArguments,
    (url, read_url): (&DatabaseUrl, Option<&DatabaseUrl>),
    inherited: ListenFd,
) -> Result<Started, Failure> {
    let sharing = if arguments.reuse_port { Sharing::WithOthersThatShare } else { Sharing::None };
    // First, so that a second process on the same address does not touch the database. Clients are not accepted yet,
    // because they would wait for the rest.
    let access = arguments.socket.access();
    let reserved = match ReservedAddress::inherited(inherited).map_err(Failure::Usage)? {
        Some(inherited) => inherited,
        None => ReservedAddress::bind(&arguments.listen, "--listen", sharing, access).await.map_err(Failure::Run)?,
    };
    let local = reserved.local_address().map_err(Failure::Run)?;
    let anonymous = arguments.access.anonymous_at(&local)?;
    let tokens_file = arguments.access.tokens_file()?;
    let admin = match &arguments.admin_listen {
        Some(address) => {
            let bound = ReservedAddress::bind(address, "--admin-listen", sharing, access).await;
            Some(bound.map_err(Failure::Run)?)
        }
        None => None,
    };
    for parameter in url.ignored().iter().chain(read_url.map(DatabaseUrl::ignored).unwrap_or_default()) {
        tracing::warn!(parameter, "database URL parameter ignored");
    }
    let is_read_only = arguments.read_only;
    let pool = Pool::connect(url, &arguments.database.pool()).await?;
    let precaution = BackupFirst { url, arguments: &arguments.backup };
    let at_start =
        if arguments.no_migrate.0 || is_read_only { AtStart::LeaveAsItIs } else { AtStart::Migrate(&precaution) };
    let prepared = partbook_migrate::prepare(pool.clone(), &required_tables(), at_start).await?;
    let schema = match prepared.schema {
        SchemaKind::Ours => "partbook",
        SchemaKind::Adopted => "adopted",
        SchemaKind::Legacy => "legacy",
    };
    tracing::info!(database = %url, schema, "database ready");
    let metrics = Metrics::install(env!("CARGO_PKG_VERSION"), env!("PARTBOOK_COMMIT"));
    let metrics = metrics.map_err(|error| Failure::Run(error.to_string()))?;
    let (limits, replica_settings) = (&arguments.limits, arguments.replica_settings());
    let replicas = match read_url {
        Some(read_url) => {
            let replicas = Replicas::new(read_url, &replica_settings, pool.clone());
            replicas.look().await;
            tracing::info!(database = %read_url, "reads may go to replicas");
            Some(replicas)
        }
        None => None,
    };
    let (clock, kept) = (Arc::new(SystemClock), limits.repository(is_read_only));
    let repository = Repository::open_with_replicas(prepared, replicas.clone(), clock, kept);
    if arguments.demo {
        demo::load(&repository).await.map_err(Failure::Run)?;
    }
    let settings = HttpSettings {
        environment: arguments.environment,
        version: env!("CARGO_PKG_VERSION"),
        commit: env!("PARTBOOK_COMMIT"),
        base_path: arguments.base_path,
        cors_origins: arguments.cors_origins,
        requires_if_match: arguments.require_if_match,
        ignores_legacy_limit: arguments.legacy_limit,
        has_admin_listener: admin.is_some(),
        anonymous,
        tokens_file,
        hosts: arguments.hosts.hosts(),
        proxy_users: arguments.proxies.users()?,
        trusted_proxies: arguments.proxies.trusted(),
        rate_limits: limits.rates(),
        limits: limits.http(),
    };
    let documentation = format!("{}/docs", settings.base_path);
    let app = App::new(repository, settings, metrics);
    let admin = match admin {
        Some(admin) => {
            let local = admin.local_address().map_err(Failure::Run)?;
            let listener = admin.listen().map_err(Failure::Run)?;
            tracing::info!(address = %local, "metrics and health");
            Some((listener, local.reach()))
        }
        None => None,
    };
    let listener = reserved.listen().map_err(Failure::Run)?;
    tracing::info!(address = %local, "listening");
    if let LocalAddress::Tcp(_) = local {
        tracing::info!(url = format!("{local}{documentation}"), "documentation");
    }
    Ok(Started { pool, replicas, app, listener: (listener, local.reach()), admin })
}
