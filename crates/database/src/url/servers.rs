//! The servers that a URL names, and what a session has to be like: libpq's parameters with libpq's meaning.

use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::UrlError;

/// How long one of several hosts has to accept a connection where the URL does not say it.
const HOST_TIMEOUT: Duration = Duration::from_secs(2);

/// The servers that a URL names.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    /// How each is reached, in order. There is at least one.
    pub(crate) hosts: Vec<PgConnectOptions>,
    pub(crate) choice: Choice,
}

/// Which of the servers is taken.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Choice {
    pub(crate) session: SessionKind,
    /// Whether the URL itself says so.
    pub(super) is_of_url: bool,
    /// Whether the order is by chance.
    pub(crate) is_random: bool,
    /// `connect_timeout`.
    timeout: Option<Duration>,
}

/// `target_session_attrs`: what a session has to be like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SessionKind {
    #[default]
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

const SESSION_KINDS: [(&str, SessionKind); 6] = [
    ("any", SessionKind::Any),
    ("read-write", SessionKind::ReadWrite),
    ("read-only", SessionKind::ReadOnly),
    ("primary", SessionKind::Primary),
    ("standby", SessionKind::Standby),
    ("prefer-standby", SessionKind::PreferStandby),
];

impl SessionKind {
    /// Whether a session is of this kind.
    pub(crate) fn accepts(self, is_standby: bool, is_read_only: bool) -> bool {
        match self {
            Self::Any => true,
            Self::ReadWrite => !is_standby && !is_read_only,
            Self::ReadOnly => is_standby || is_read_only,
            Self::Primary => !is_standby,
            Self::Standby | Self::PreferStandby => is_standby,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        SESSION_KINDS.into_iter().find(|(_, kind)| *kind == self).map_or("any", |(name, _)| name)
    }
}

impl Servers {
    /// The first one, which has the user and the database of all.
    pub(crate) fn first(&self) -> &PgConnectOptions {
        &self.hosts[0]
    }

    /// How long one of the hosts has to accept a connection; none where there is one host, and no limit was set.
    pub(crate) fn host_timeout(&self) -> Option<Duration> {
        self.choice.timeout.or((self.hosts.len() > 1).then_some(HOST_TIMEOUT))
    }

    /// The same with each of the servers reached in another way.
    pub(crate) fn map(&self, change: impl Fn(PgConnectOptions) -> PgConnectOptions) -> Self {
        Self { hosts: self.hosts.iter().cloned().map(change).collect(), choice: self.choice }
    }

    /// Each of the servers by itself, whatever its sessions are like.
    pub(super) fn each(&self) -> impl Iterator<Item = Self> {
        let choice = Choice { timeout: self.choice.timeout, ..Choice::default() };
        self.hosts.iter().map(move |host| Self { hosts: vec![host.clone()], choice })
    }

    /// Whether the URL asks for the primary.
    pub(super) fn want_primary(&self) -> bool {
        self.choice.is_of_url && matches!(self.choice.session, SessionKind::ReadWrite | SessionKind::Primary)
    }

    /// Hosts and ports as libpq's variables have them, with what chooses between them.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let list =
            |part: &dyn Fn(&PgConnectOptions) -> String| self.hosts.iter().map(part).collect::<Vec<_>>().join(",");
        let host = |options: &PgConnectOptions| {
            options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string())
        };
        let mut variables = vec![("PGHOST", list(&host)), ("PGPORT", list(&|options| options.get_port().to_string()))];
        // Without a wish as well: the caller's own variables would count.
        variables.push(("PGTARGETSESSIONATTRS", self.choice.session.name().to_owned()));
        let order = if self.choice.is_random { "random" } else { "disable" };
        variables.push(("PGLOADBALANCEHOSTS", order.to_owned()));
        if let Some(timeout) = self.host_timeout() {
            variables.push(("PGCONNECT_TIMEOUT", timeout.as_secs().to_string()));
        }
        variables
    }
}

impl Choice {
    /// What libpq's variables say. A URL goes before them.
    pub(super) fn from_environment() -> Result<Self, UrlError> {
        let mut choice = Self::default();
        for (variable, key) in [
            ("PGTARGETSESSIONATTRS", "target_session_attrs"),
            ("PGLOADBALANCEHOSTS", "load_balance_hosts"),
            ("PGCONNECT_TIMEOUT", "connect_timeout"),
        ] {
            if let Some(value) = std::env::var(variable).ok().filter(|value| !value.is_empty()) {
                choice.set(key, &value)?;
            }
        }
        Ok(choice)
    }

    /// Takes a parameter; says whether it is one that chooses.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<bool, UrlError> {
        match key {
            "target_session_attrs" => {
                let kind = SESSION_KINDS.into_iter().find(|(name, _)| *name == value);
                let names = || SESSION_KINDS.map(|(name, _)| name).join(", ");
                let (_, kind) =
                    kind.ok_or_else(|| UrlError::Malformed(format!("`target_session_attrs` is one of {}", names())))?;
                self.session = kind;
            }
            "load_balance_hosts" => {
                self.is_random = match value {
                    "random" => true,
                    "disable" => false,
                    _ => {
                        return Err(UrlError::Malformed("`load_balance_hosts` is disable or random".to_owned()));
                    }
                };
            }
            "connect_timeout" => {
                let seconds: i64 = value
                    .parse()
                    .map_err(|_| UrlError::Malformed("`connect_timeout` is a number of seconds".to_owned()))?;
                // As libpq has it: 1 means 2, and what is not positive no limit.
                self.timeout = u64::try_from(seconds)
                    .ok()
                    .filter(|seconds| *seconds > 0)
                    .map(|seconds| Duration::from_secs(seconds.max(2)));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
