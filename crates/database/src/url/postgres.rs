//! `postgres://user@host/database`, and the parameters of other drivers.

use percent_encoding::percent_decode_str;
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url, form_urlencoded};

use super::hosts::one_by_one;
use super::parameters::{SearchPath, turns_statement_cache_off};
use super::servers::{Choice, Servers};
use super::tls::Tls;
use super::user::default_user;
use super::{DatabaseUrl, Target, UrlError};

/// Reads what follows `postgres://`: the hosts differ in nothing but where they are.
pub(super) fn parse(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let urls = one_by_one(rest)?;
    let mut parsed = urls.iter().map(|rest| parse_one(rest)).collect::<Result<Vec<_>, _>>()?.into_iter();
    let mut first = parsed.next().ok_or(UrlError::Empty)?;
    if let Target::Postgres(servers) = &mut first.target {
        for other in parsed {
            if let Target::Postgres(other) = other.target {
                servers.hosts.extend(other.hosts);
            }
        }
    }
    Ok(first)
}

/// Reads what follows `postgres://` of one host.
fn parse_one(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let mut url = Url::parse(&with_host(rest)).map_err(|error| unreadable(error, rest))?;
    let mut has_password = url.password().is_some();
    let mut has_user = !url.username().is_empty();
    let mut statement_cache = true;
    // What only libpq's own variables can tell its programs: the driver gives none of it back.
    let mut variables = Vec::new();
    if let Some(password) = url.password() {
        variables.push(("PGPASSWORD", percent_decode_str(password).decode_utf8_lossy().into_owned()));
    }
    let mut ignored = Vec::new();
    let mut tls = Tls::from_environment()?;
    let mut choice = Choice::from_environment()?;
    let mut search_path = SearchPath::default();
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    if let Some(Host::Ipv6(address)) = url.host() {
        // The driver would look the brackets up as part of a name.
        parameters.append_pair("host", &address.to_string());
    }
    for (key, value) in url.query_pairs() {
        match &*key {
            "ssl" | "sslmode" | "ssl-mode" => tls.set_mode(&key, &value)?,
            "sslrootcert" => tls.set_root_cert(&value),
            "schema" | "currentSchema" | "search_path" => search_path.set(&key, &value)?,
            "port" if value.parse::<u16>().is_err() => {
                return Err(UrlError::Malformed("`port` is not a number up to 65535".to_owned()));
            }
            "password" | "host" | "hostaddr" | "port" | "dbname" | "user" | "options" | "sslcert" | "sslkey" => {
                has_password |= key == "password";
                has_user |= key == "user" && !value.is_empty();
                match &*key {
                    "password" => variables.push(("PGPASSWORD", value.to_string())),
                    "sslcert" => variables.push(("PGSSLCERT", value.to_string())),
                    "sslkey" => variables.push(("PGSSLKEY", value.to_string())),
                    _ => {}
                }
                parameters.append_pair(&key, &value);
            }
            // Logs tell Partbook's connections by this name.
            "application_name" => {}
            _ if choice.set(&key, &value)? => choice.is_of_url |= key == "target_session_attrs",
            _ => match turns_statement_cache_off(&key, &value) {
                Some(off) => statement_cache &= !off,
                None => ignored.push(key.into_owned()),
            },
        }
    }
    if !has_user {
        parameters.append_pair("user", &default_user()?);
    }
    let parameters = parameters.finish();
    url.set_query(Some(&parameters));
    let options = PgConnectOptions::from_url(&url).map_err(|_| {
        UrlError::Malformed("special characters must be UTF-8 written as %XX, and `hostaddr` a number".to_owned())
    })?;
    variables.extend(tls.variables());
    let options = search_path.apply(tls.apply(options)?);
    let target = Target::Postgres(Box::new(Servers { hosts: vec![options], choice }));
    Ok(DatabaseUrl { target, has_password, statement_cache, ignored, variables })
}

/// What is wrong with a URL. A password that is not escaped can make nearly any of these faults; without one, it is not
/// blamed.
fn unreadable(error: url::ParseError, rest: &str) -> UrlError {
    let hint = if rest.contains('@') { "; special characters of a password must be written as %XX" } else { "" };
    UrlError::Malformed(format!("{error}{hint}"))
}

/// A URL in which user and password stand among the parameters when there is no host for them to stand before, as in
/// `postgres://user:password@/database?host=/var/run/postgresql`: the standard of URLs knows no such form.
fn with_host(rest: &str) -> String {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let Some((login, "")) = authority.rsplit_once('@') else { return format!("postgres://{rest}") };
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    // In a query, `+` and `&` mean something else.
    let plain = |text: &str| text.replace('+', "%2B").replace('&', "%26");
    let (user, password) = match login.split_once(':') {
        Some((user, password)) => (user, format!("&password={}", plain(password))),
        None => (login, String::new()),
    };
    format!("postgres://{path}?{query}&user={}{password}", plain(user))
}
