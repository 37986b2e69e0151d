//! The settings: what clap takes from flags, environment variables and defaults, one declaration per setting.
//!
//! `setting` adds what clap does not do: an empty variable counts as not set, and a value that makes no sense is one line
//! that names the flag or the variable. The variables of OpenTelemetry have no flags and are read in `traces`.

mod access;
mod backup;
mod database;
mod hosts;
mod limits;
mod listen;
mod log;
mod proxies;
mod replicas;
mod setting;
mod traces;
mod values;

use std::time::Duration;

use clap::{ArgAction, Args};
use partbook_database::{PoolSettings, ReplicaSettings};

use crate::serve::ListenAddress;

pub(crate) use access::AccessArguments;
pub(crate) use backup::{BackupArguments, MigrateBackupArguments};
pub(crate) use database::DatabaseArguments;
pub(crate) use hosts::HostArguments;
pub(crate) use limits::LimitArguments;
pub(crate) use listen::{OptionalAddress, SocketArguments, address, address_to_ask, optional_address};
pub(crate) use log::LogArguments;
pub(crate) use proxies::ProxyArguments;
pub(crate) use replicas::ReplicaArguments;
pub(crate) use setting::{BadSetting, Given, Setting, Unread};
pub(crate) use traces::traces;
use values::{NoMigrate, Origins};

/// The settings of `partbook serve`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub(crate) struct ServeArguments {
    /// The address to serve on: `host:port`, of which port 0 is any free one, or a Unix socket as `unix:/run/partbook.sock`. It means
    /// nothing on a socket that is handed over
    #[arg(long, env = "PARTBOOK_LISTEN", default_value = "127.0.0.1:8000")]
    #[arg(value_name = "ADDRESS", value_parser = Setting(address))]
    pub(crate) listen: ListenAddress,

    #[command(flatten)]
    pub(crate) access: AccessArguments,

    /// An address of its own for `/metrics` and the health checks, which only operators should reach; `/metrics` is then
    /// not on the other
    #[arg(long, env = "PARTBOOK_ADMIN_LISTEN", default_value = "", hide_default_value = true)]
    #[arg(value_name = "ADDRESS", value_parser = Setting(optional_address))]
    pub(crate) admin_listen: OptionalAddress,

    #[command(flatten)]
    pub(crate) socket: SocketArguments,

    /// Share the port with other instances that say so, too (`SO_REUSEPORT`), so that the next version can start before this one
    /// ends; connections that wait at that moment may be lost
    #[arg(long, env = "PARTBOOK_REUSE_PORT", default_value = "false")]
    #[arg(value_name = "true|false", value_parser = Setting(values::truth), action = ArgAction::Set)]
    pub(crate) reuse_port: bool,

    #[command(flatten)]
    pub(crate) database: DatabaseArguments,

    #[command(flatten)]
    pub(crate) replicas: ReplicaArguments,

    /// Leave the schema as it is at the start, even if migrations are pending: `partbook migrate up` applies them
    #[arg(env = "PARTBOOK_NO_MIGRATE", default_value = "false", num_args = 0..=1, default_missing_value = "true")]
    #[arg(value_name = "true|false", value_parser = Setting(values::no_migrate), action = ArgAction::Set)]
    #[arg(id = "no_migrate", long = "no-migrate")]
    pub(crate) no_migrate: NoMigrate,

    #[command(flatten)]
    pub(crate) backup: MigrateBackupArguments,

    /// Fill an empty database with a sample catalog; one that holds anything is left as it is
    #[arg(long)]
    pub(crate) demo: bool,

    /// The name of this installation, which `/health` shows
    #[arg(long, env = "PARTBOOK_ENVIRONMENT", default_value = "development")]
    #[arg(value_name = "NAME", value_parser = Setting(values::name))]
    pub(crate) environment: String,

    /// The path under which clients reach the service through a proxy, such as `/parts`; requests come with it or
    /// without
    #[arg(long, env = "PARTBOOK_BASE_PATH", default_value = "", hide_default_value = true)]
    #[arg(value_name = "PATH", value_parser = Setting(values::base_path))]
    pub(crate) base_path: String,

    #[command(flatten)]
    pub(crate) hosts: HostArguments,

    #[command(flatten)]
    pub(crate) proxies: ProxyArguments,

    /// The origins whose pages may call the service from a browser, separated by commas, or `*` alone. An origin is whole:
    /// one with a `*` in it is refused
    #[arg(long, env = "PARTBOOK_CORS_ORIGINS", default_value = "http://localhost:3000")]
    #[arg(value_name = "ORIGINS", value_parser = Setting(values::origins))]
    pub(crate) cors_origins: Origins,

    /// Refuse changes of a row that do not name the version that they change: 428 without `If-Match`
    #[arg(long, env = "PARTBOOK_REQUIRE_IF_MATCH", default_value = "false")]
    #[arg(value_name = "true|false", value_parser = Setting(values::truth), action = ArgAction::Set)]
    pub(crate) require_if_match: bool,

    /// Answer reads alone, as on a standby: changes are 503 at once, and nothing is migrated or deleted
    #[arg(long, env = "PARTBOOK_READ_ONLY", default_value = "false")]
    #[arg(value_name = "true|false", value_parser = Setting(values::truth), action = ArgAction::Set)]
    pub(crate) read_only: bool,

    /// What `limit` means on the lists of CPUs, GPUs, profiles and ports profiles, where neither `offset`, `cursor` nor
    /// `sort` is sent: `ignore` gives all rows, as the legacy service did
    #[arg(long, env = "PARTBOOK_LEGACY_LIMIT", default_value = "apply")]
    #[arg(value_name = "apply|ignore", value_parser = Setting(values::legacy_limit), action = ArgAction::Set)]
    pub(crate) legacy_limit: bool,

    #[command(flatten)]
    pub(crate) log: LogArguments,

    /// Seconds that a client has for the headers of a request, from their first byte on; 1 to 3600
    #[arg(long, env = "PARTBOOK_HEADER_TIMEOUT", default_value = "10")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::timeout))]
    pub(crate) header_timeout: Duration,

    /// Seconds that a connection is kept open between requests, 1 to 3600; a proxy in front should close its own sooner
    #[arg(long, env = "PARTBOOK_IDLE_TIMEOUT", default_value = "75")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::timeout))]
    pub(crate) idle_timeout: Duration,

    #[command(flatten)]
    pub(crate) limits: LimitArguments,

    /// Seconds to go on serving after a signal to stop, while `/readyz` already answers 503, so that load balancers
    /// notice; up to 3600
    #[arg(long, env = "PARTBOOK_DRAIN_DELAY", default_value = "0")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::seconds))]
    pub(crate) drain_delay: Duration,

    /// Seconds that running requests then have to finish; up to 3600
    #[arg(long, env = "PARTBOOK_SHUTDOWN_TIMEOUT", default_value = "30")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::seconds))]
    pub(crate) shutdown_timeout: Duration,
}

impl ServeArguments {
    /// How replicas are read from: as the primary is.
    pub(crate) fn replica_settings(&self) -> ReplicaSettings {
        let PoolSettings { size, statement_cache, .. } = self.database.pool();
        ReplicaSettings { size, statement_cache, max_lag: self.replicas.read_max_lag }
    }

    fn addresses(&self) -> impl Iterator<Item = &ListenAddress> {
        std::iter::once(&self.listen).chain(&self.admin_listen)
    }

    /// Checks settings that depend on each other.
    ///
    /// # Errors
    /// The two addresses are the same; a Unix socket is to be shared; nobody is trusted to name users; a sample catalog is wanted of an instance that only reads.
    pub(crate) fn check(&self) -> Result<(), BadSetting> {
        if self.read_only && self.demo {
            return Err(BadSetting(
                "--demo: PARTBOOK_READ_ONLY lets nothing be written; leave one of them out".to_owned(),
            ));
        }
        self.proxies.users()?;
        if self.reuse_port && self.addresses().any(ListenAddress::is_unix) {
            return Err(BadSetting(
                "PARTBOOK_REUSE_PORT: a Unix socket is one process's; let a service manager hand it over instead"
                    .to_owned(),
            ));
        }
        match &self.admin_listen {
            Some(address) if *address == self.listen && !address.is_any_port() => Err(BadSetting(format!(
                "PARTBOOK_ADMIN_LISTEN: `{address}` is the address of the service itself; choose another"
            ))),
            _ => Ok(()),
        }
    }
}
