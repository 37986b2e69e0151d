//! A connection to one of the servers that a URL names: the first, in order, that answers and has a session of the kind that is
//! wanted.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{ConnectOptions as _, Row as _};
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::error::reason;
use crate::heard::Heard;
use crate::url::{Servers, SessionKind, address};

/// For how long a server that did not answer in time is passed over while another one will do.
const SILENCE: Duration = Duration::from_secs(10);

/// How far apart such a server is tried where no other will do.
const SILENCE_RETRY: Duration = Duration::from_millis(500);

/// What a session is like, and who serves it: a process of the server and when that began.
const SESSION: &str = "select pg_is_in_recovery(), current_setting('transaction_read_only') = 'on', \
    (select pid || ' ' || backend_start from pg_stat_activity where pid = pg_backend_pid())";

/// Opens connections to the servers of a URL.
#[derive(Debug)]
pub(crate) struct Opener {
    servers: Servers,
    /// Which servers did not answer in time, by place.
    silent: Mutex<Vec<Option<Silent>>>,
}

/// A server that did not answer in time.
#[derive(Clone, Copy, Debug)]
struct Silent {
    /// Until when it is passed over where another one will do.
    until: Instant,
    /// Until when it is passed over in any case: somebody tries it, or has tried it just now.
    retry_at: Instant,
}

/// Who is at the other end of a connection.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// How the server was reached.
    pub(crate) options: PgConnectOptions,
    /// The process that serves the session; none where it is unknown.
    pub(crate) backend: Option<String>,
    /// Whether the server took no writes as the connection was opened, since it followed another one.
    pub(crate) is_standby: bool,
    /// How far it was when it was asked last, where it is a standby that is read from.
    pub(crate) heard: Arc<Heard>,
}

impl Opener {
    pub(crate) fn new(servers: Servers) -> Self {
        let silent = Mutex::new(vec![None; servers.hosts.len()]);
        Self { servers, silent }
    }

    pub(crate) fn servers(&self) -> &Servers {
        &self.servers
    }

    /// Opens a connection. Names are looked up anew.
    pub(crate) async fn open(&self) -> Result<(PgConnection, Peer), sqlx::Error> {
        let passes = match self.servers.choice.session {
            SessionKind::PreferStandby => vec![SessionKind::Standby, SessionKind::Any],
            kind => vec![kind],
        };
        let mut faults = Vec::new();
        for places in [Self::order, Self::passed_over] {
            let places = places(self);
            for kind in &passes {
                for place in &places {
                    if let Some(opened) = self.open_place(*place, *kind, &mut faults).await? {
                        return Ok(opened);
                    }
                }
            }
        }
        Err(all_of(faults))
    }

    /// Opens a connection to a server at one of its addresses; none where another server may do better.
    async fn open_place(
        &self,
        place: usize,
        kind: SessionKind,
        faults: &mut Vec<(PgConnectOptions, sqlx::Error)>,
    ) -> Result<Option<(PgConnection, Peer)>, sqlx::Error> {
        for options in self.addresses(place).await {
            match self.open_at(&options, kind).await {
                Ok(opened) => {
                    self.note(place, None);
                    return Ok(Some(opened));
                }
                // As libpq has it: the others have the same users and databases.
                Err(error) if !is_of_server(&error) => return Err(error),
                Err(error) => {
                    if is_silence(&error) {
                        let now = Instant::now();
                        self.note(place, Some(Silent { until: now + SILENCE, retry_at: now + SILENCE_RETRY }));
                    }
                    faults.push((options, error));
                }
            }
        }
        Ok(None)
    }

    /// The servers in the order in which they are tried. One that was silent is left out for a while; then whoever comes first
    /// tries it, and the others go on without it until it has answered.
    fn order(&self) -> Vec<usize> {
        let silent = self.silent();
        let mut order: Vec<usize> = (0..silent.len()).collect();
        if silent.iter().any(Option::is_none) {
            order = self.tried_by_one(silent, |silent, now| silent.is_none_or(|silent| silent.until <= now));
        }
        if self.servers.choice.is_random {
            shuffle(&mut order);
        }
        order
    }

    /// Those that were left out, where none of the others will do: one of them may be the primary, and answer again.
    fn passed_over(&self) -> Vec<usize> {
        self.tried_by_one(self.silent(), |silent, now| silent.is_some_and(|silent| silent.retry_at <= now))
    }

    /// The servers that are chosen. Nobody else tries those meanwhile that were silent.
    fn tried_by_one(
        &self,
        mut silent: MutexGuard<'_, Vec<Option<Silent>>>,
        is_chosen: impl Fn(&Option<Silent>, Instant) -> bool,
    ) -> Vec<usize> {
        let now = Instant::now();
        let retry_at = now + self.servers.host_timeout().unwrap_or_default() + SILENCE_RETRY;
        let chosen: Vec<usize> = (0..silent.len()).filter(|place| is_chosen(&silent[*place], now)).collect();
        for place in &chosen {
            if let Some(silent) = &mut silent[*place] {
                *silent = Silent { until: now + SILENCE, retry_at };
            }
        }
        chosen
    }

    fn silent(&self) -> MutexGuard<'_, Vec<Option<Silent>>> {
        self.silent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, place: usize, silent: Option<Silent>) {
        if self.servers.hosts.len() > 1 {
            self.silent()[place] = silent;
        }
    }

    /// A server at each of its addresses, where one may differ from another and certificates do not ask for the name.
    async fn addresses(&self, place: usize) -> Vec<PgConnectOptions> {
        let options = &self.servers.hosts[place];
        let (host, whole) = (options.get_host(), vec![options.clone()]);
        let is_name = options.get_socket().is_none() && !host.starts_with('/') && host.parse::<IpAddr>().is_err();
        let asks_for_name =
            !matches!(options.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
        let is_any = self.servers.hosts.len() == 1 && self.servers.choice.session == SessionKind::Any;
        if !is_name || asks_for_name || is_any {
            return whole;
        }
        let lookup = lookup_host((host, options.get_port()));
        let found = match self.servers.host_timeout() {
            Some(limit) => timeout(limit, lookup).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            None => lookup.await,
        };
        let found: Vec<_> =
            found.into_iter().flatten().map(|address| options.clone().host(&address.ip().to_string())).collect();
        // Without an address, connecting says why.
        if found.len() > 1 { found } else { whole }
    }

    async fn open_at(
        &self,
        options: &PgConnectOptions,
        kind: SessionKind,
    ) -> Result<(PgConnection, Peer), sqlx::Error> {
        let opened = connect(options, kind);
        match self.servers.host_timeout() {
            Some(limit) => timeout(limit, opened).await.unwrap_or_else(|_| Err(silence(limit))),
            None => opened.await,
        }
    }
}

/// Opens a connection to one server, if its sessions are of the kind that is wanted.
async fn connect(options: &PgConnectOptions, kind: SessionKind) -> Result<(PgConnection, Peer), sqlx::Error> {
    let mut connection = options.connect().await?;
    #[expect(clippy::disallowed_methods, reason = "a connection is looked at before statements are sent over it")]
    let session = sqlx::raw_sql(SESSION).fetch_one(&mut connection).await?;
    let (is_standby, is_read_only): (bool, bool) = (session.try_get(0)?, session.try_get(1)?);
    if kind.accepts(is_standby, is_read_only) {
        let backend = session.try_get(2)?;
        return Ok((connection, Peer { options: options.clone(), backend, is_standby, heard: Arc::default() }));
    }
    drop(sqlx::Connection::close(connection).await);
    let found = match (is_standby, is_read_only) {
        (true, _) => "it is a standby",
        (false, true) => "its sessions are read-only",
        (false, false) => "it is a primary",
    };
    Err(sqlx::Error::Io(io::Error::other(format!(
        "{found}, and target_session_attrs={} asks for another",
        kind.name()
    ))))
}

/// Whether another server may do better: this one cannot be reached, begins or stops, or is not of the kind that is wanted.
fn is_of_server(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => {
            database.code().is_some_and(|code| code.starts_with("57P")) || is_without_server(error)
        }
        error => matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_)),
    }
}

/// Whether a pooler says that it has no server (`PgBouncer` calls that a protocol violation, as all of its complaints).
pub(crate) fn is_without_server(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|found| found.code().is_some_and(|code| code.starts_with("08")) && !refuses_options(error))
}

/// Whether a pooler turns the connection away because of the parameter `options` (`PgBouncer` says so, all versions).
pub(crate) fn refuses_options(error: &sqlx::Error) -> bool {
    // protocol_violation
    error.as_database_error().is_some_and(|error| {
        error.code().as_deref() == Some("08P01") && error.message().contains("unsupported startup parameter")
    })
}

fn silence(limit: Duration) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {} s", limit.as_secs_f32())))
}

/// Whether nobody answered.
pub(crate) fn is_silence(error: &sqlx::Error) -> bool {
    use io::ErrorKind::{HostUnreachable, NetworkUnreachable, TimedOut};
    matches!(error, sqlx::Error::Io(error) if matches!(error.kind(), TimedOut | HostUnreachable | NetworkUnreachable))
}

/// Why none of the servers will do.
fn all_of(mut faults: Vec<(PgConnectOptions, sqlx::Error)>) -> sqlx::Error {
    if faults.len() == 1 {
        return faults.remove(0).1;
    }
    let faults: Vec<_> =
        faults.iter().map(|(options, error)| format!("{}: {}", address(options), reason(error))).collect();
    sqlx::Error::Io(io::Error::other(faults.join("; ")))
}

/// Puts the places in an order by chance.
fn shuffle(order: &mut [usize]) {
    use std::hash::{BuildHasher as _, RandomState};
    let chance = RandomState::new();
    order.sort_by_key(|place| chance.hash_one(place));
}
