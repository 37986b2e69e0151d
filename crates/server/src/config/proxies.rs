//! The proxies that are believed, and where they say who asks.

use std::net::IpAddr;

use axum::http::HeaderName;
use clap::Args;
use ipnet::IpNet;
use partbook_domain::access::Scopes;
use partbook_http::{ForwardedHeader, ProxyUsers, TrustedProxies};

use super::setting::{BadSetting, Setting};

/// Which proxies are believed, and what they write.
#[derive(Args)]
pub(crate) struct ProxyArguments {
    /// The proxies that are believed when they say for which client they ask: addresses and networks such as `10.0.0.0/8`,
    /// and `unix` for what comes through a Unix socket, separated by commas. Nobody else is
    #[arg(long, env = "PARTBOOK_TRUSTED_PROXIES", default_value = "", hide_default_value = true)]
    #[arg(value_name = "NETWORKS", value_parser = Setting(places))]
    trusted_proxies: Places,

    /// The header in which they say it: `X-Forwarded-For` or `Forwarded`. The other is not read, because a proxy passes on what
    /// clients write there
    #[arg(long, env = "PARTBOOK_FORWARDED_HEADER", default_value = "X-Forwarded-For")]
    #[arg(value_name = "NAME", value_parser = Setting(header))]
    forwarded_header: ForwardedHeader,

    /// The header in which a trusted proxy that knows its users names the one for whom it asks, such as `X-Remote-User`. From anywhere
    /// else it is ignored
    #[arg(long, env = "PARTBOOK_USER_HEADER", default_value = "", hide_default_value = true)]
    #[arg(value_name = "NAME", value_parser = Setting(user_header))]
    user_header: OptionalHeader,

    /// What the users may do whom a proxy names: `read`, `write`, `metrics` or `admin`, several with commas between
    #[arg(long, env = "PARTBOOK_USER_SCOPE", default_value = "write")]
    #[arg(value_name = "SCOPES", value_parser = Setting(scopes))]
    user_scope: Scopes,
}

/// The name of a header, or none. (In the place of its name, clap would read `Option` as "need not be given".)
type OptionalHeader = Option<HeaderName>;

/// Headers that mean something already.
const TAKEN: [&str; 7] =
    ["authorization", "connection", "cookie", "forwarded", "host", "x-forwarded-for", "x-request-id"];

/// Where proxies are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Places {
    networks: Vec<IpNet>,
    unix: bool,
}

impl ProxyArguments {
    pub(crate) fn trusted(&self) -> TrustedProxies {
        let Places { networks, unix } = self.trusted_proxies.clone();
        TrustedProxies { networks, unix, header: self.forwarded_header }
    }

    /// How users are named, if they are.
    ///
    /// # Errors
    /// No proxy is trusted to name them.
    pub(crate) fn users(&self) -> Result<Option<ProxyUsers>, BadSetting> {
        let Some(header) = self.user_header.clone() else { return Ok(None) };
        if self.trusted_proxies == Places::default() {
            return Err(BadSetting(
                "PARTBOOK_USER_HEADER: no proxy is trusted to name users; say where it is in PARTBOOK_TRUSTED_PROXIES"
                    .to_owned(),
            ));
        }
        Ok(Some(ProxyUsers { header, scopes: self.user_scope }))
    }
}

fn user_header(text: &str) -> Result<OptionalHeader, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse::<HeaderName>() {
        Ok(name) if TAKEN.contains(&name.as_str()) => Err("means something else already; use a header of its own"),
        Ok(name) => Ok(Some(name)),
        Err(_) => Err("is not the name of a header; use one such as X-Remote-User"),
    }
}

fn scopes(text: &str) -> Result<Scopes, &'static str> {
    Scopes::parse(text)
        .ok_or("is none of read, write, metrics and admin; use one of them, or several with commas between")
}

fn places(text: &str) -> Result<Places, String> {
    let mut places = Places::default();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if part == "unix" {
            places.unix = true;
        } else {
            places.networks.push(network(part).ok_or_else(|| {
                let part = part.escape_debug();
                format!("holds `{part}`, which is not a network; use addresses, networks such as 10.0.0.0/8, and unix")
            })?);
        }
    }
    Ok(places)
}

/// A network, or an address alone. Peers with IPv4 addresses are never known by the form of IPv6 (`::ffff:10.0.0.1`).
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    match network {
        IpNet::V6(within) if within.addr().to_ipv4_mapped().is_some() => {
            let length = within.prefix_len().checked_sub(96)?;
            IpNet::new(within.addr().to_canonical(), length).ok()
        }
        network => Some(network),
    }
}

fn header(text: &str) -> Result<ForwardedHeader, &'static str> {
    if text.eq_ignore_ascii_case("x-forwarded-for") {
        Ok(ForwardedHeader::XForwardedFor)
    } else if text.eq_ignore_ascii_case("forwarded") {
        Ok(ForwardedHeader::Forwarded)
    } else {
        Err("is neither X-Forwarded-For nor Forwarded; use one of them")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_networks_and_the_socket() {
        let read =
            |text| places(text).map(|places| (places.networks.iter().map(ToString::to_string).collect(), places.unix));
        let networks = |networks: &[&str]| networks.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(read(""), Ok((Vec::new(), false)));
        assert_eq!(read(" unix ,"), Ok((Vec::new(), true)));
        assert_eq!(
            read("10.0.0.0/8, 192.0.2.1,2001:db8::/32,::1,unix"),
            Ok((networks(&["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::1/128"]), true))
        );
        assert_eq!(
            read("::ffff:10.0.0.0/104,::ffff:192.0.2.1"),
            Ok((networks(&["10.0.0.0/8", "192.0.2.1/32"]), false))
        );
        for text in ["10.0.0.0/33", "10.0.0", "proxy.example", "10.0.0.1:80", "[::1]", "10.0.0.0/8;unix", "*", "Unix"] {
            assert!(places(text).is_err(), "{text}");
        }
        assert!(places("::ffff:0.0.0.0/90").is_err(), "a network of both kinds");
    }

    #[test]
    fn one_header_is_read() {
        for (text, named) in [
            ("X-Forwarded-For", Some(ForwardedHeader::XForwardedFor)),
            ("forwarded", Some(ForwardedHeader::Forwarded)),
            ("X-Real-IP", None),
            ("", None),
        ] {
            assert_eq!(header(text).ok(), named, "{text}");
        }
    }
    #[test]
    fn users_are_named_in_a_header_of_its_own() {
        assert_eq!(user_header(""), Ok(None));
        assert_eq!(user_header("X-Remote-User"), Ok(Some(HeaderName::from_static("x-remote-user"))));
        for text in ["Authorization", "X-Forwarded-For", "X Remote User", "X-Remote-User:", "\u{e9}"] {
            assert!(user_header(text).is_err(), "{text}");
        }
        assert!(scopes("read,metrics").is_ok() && scopes("").is_err() && scopes("all").is_err());
    }
}
