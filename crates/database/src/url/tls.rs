//! Whether a connection is encrypted, and which certificates are believed: libpq's parameters with libpq's meaning.

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::UrlError;

/// What a URL and libpq's variables say about TLS.
#[derive(Default)]
pub(super) struct Tls {
    mode: Option<PgSslMode>,
    has_url_mode: bool,
    root_cert: Option<String>,
}

impl Tls {
    /// What `PGSSLMODE` and `PGSSLROOTCERT` say. A URL goes before them.
    pub(super) fn from_environment() -> Result<Self, UrlError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let mode = variable("PGSSLMODE").map(|text| mode("PGSSLMODE", &text)).transpose()?;
        Ok(Self { mode, has_url_mode: false, root_cert: variable("PGSSLROOTCERT") })
    }

    /// Takes a mode by the name that libpq or another driver has for it.
    pub(super) fn set_mode(&mut self, key: &str, value: &str) -> Result<(), UrlError> {
        let mode = mode(key, value)?;
        if self.has_url_mode && self.mode.is_some_and(|earlier| earlier as u8 != mode as u8) {
            return Err(UrlError::Malformed("`ssl` and `sslmode` contradict each other".to_owned()));
        }
        (self.mode, self.has_url_mode) = (Some(mode), true);
        Ok(())
    }

    /// Takes the file of the certificates that are believed, or `system`.
    pub(super) fn set_root_cert(&mut self, value: &str) {
        self.root_cert = Some(value.to_owned());
    }

    /// The same as variables of libpq.
    pub(super) fn variables(&self) -> Vec<(&'static str, String)> {
        let mode = self.mode.and_then(|mode| MODES.into_iter().find(|(_, known)| *known as u8 == mode as u8));
        let mode = mode.map(|(name, _)| ("PGSSLMODE", name.to_owned()));
        mode.into_iter().chain(self.root_cert.clone().map(|file| ("PGSSLROOTCERT", file))).collect()
    }

    /// Sets the options. As libpq has it, `require` with a root certificate means `verify-ca`, and `sslrootcert=system` is
    /// for `verify-full` alone, which it makes the default: anybody may have a certificate of a public authority.
    pub(super) fn apply(self, options: PgConnectOptions) -> Result<PgConnectOptions, UrlError> {
        let (mode, options) = match (self.root_cert.as_deref(), self.mode) {
            // The driver believes the system's certificates in any case. No certificate is no file to look for.
            (Some("system"), None | Some(PgSslMode::VerifyFull)) => {
                (Some(PgSslMode::VerifyFull), options.ssl_root_cert_from_pem(Vec::new()))
            }
            (Some("system"), Some(_)) => {
                return Err(UrlError::Malformed("`sslrootcert=system` needs `sslmode=verify-full`".to_owned()));
            }
            (Some(file), Some(PgSslMode::Require)) => (Some(PgSslMode::VerifyCa), options.ssl_root_cert(file)),
            (Some(file), mode) => (mode, options.ssl_root_cert(file)),
            (None, mode) => (mode, options),
        };
        Ok(match mode {
            Some(mode) => options.ssl_mode(mode),
            None => options,
        })
    }
}

const MODES: [(&str, PgSslMode); 6] = [
    ("disable", PgSslMode::Disable),
    ("allow", PgSslMode::Allow),
    ("prefer", PgSslMode::Prefer),
    ("require", PgSslMode::Require),
    ("verify-ca", PgSslMode::VerifyCa),
    ("verify-full", PgSslMode::VerifyFull),
];

fn mode(key: &str, value: &str) -> Result<PgSslMode, UrlError> {
    let lower = value.to_ascii_lowercase().replace('_', "-");
    match (key, &*lower) {
        ("ssl", "true" | "1" | "on") => return Ok(PgSslMode::Require),
        ("ssl", "false" | "0" | "off") => return Ok(PgSslMode::Disable),
        _ => {}
    }
    MODES
        .into_iter()
        .find(|(name, _)| *name == lower)
        .map(|(_, mode)| mode)
        .ok_or_else(|| UrlError::Malformed(format!("`{key}` is one of {}", MODES.map(|(name, _)| name).join(", "))))
}
