//! Which host a request is for, and which ones are the service's.

use std::net::{IpAddr, Ipv6Addr, UdpSocket};

use axum::extract::Request;
use axum::http::{Version, header};

/// The longest name of a host, characters (RFC 1035).
const MAX_NAME_LENGTH: usize = 253;

/// A host, by name or by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// In lower case, without a dot at its end.
    Name(String),
    /// An IPv4 address in the form of IPv6 is an IPv4 address here.
    Address(IpAddr),
}

impl Host {
    /// Reads a host without a port. IPv6 addresses may stand in brackets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return Some(Self::Address(IpAddr::from(address.parse::<Ipv6Addr>().ok()?).to_canonical()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address(address.to_canonical()));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_name = (1..=MAX_NAME_LENGTH).contains(&name.len()) && name.bytes().all(is_plain);
        is_name.then(|| Self::Name(name.to_ascii_lowercase()))
    }
}

/// The hosts that are the service's.
#[derive(Clone, Debug, Default)]
pub struct Hosts {
    /// Those that the operator names, if any.
    pub named: Option<Named>,
    /// The names of the machine that the service runs on, beside `localhost` and those that end with it.
    pub of_machine: Vec<Host>,
}

/// What an operator names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// These, beside those of the machine.
    These(Vec<Host>),
    /// All.
    Any,
}

/// Who can reach a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only programs of this machine, by a loopback address: a browser among them, which may show a page from anywhere.
    Loopback,
    /// Only programs of this machine, by a Unix socket.
    Socket,
    /// Whoever the network lets.
    Network,
}

impl Hosts {
    /// Whether a listener answers to some hosts only. One that the network reaches does where the operator names them.
    pub(crate) fn are_checked(&self, reach: Reach) -> bool {
        match self.named {
            Some(Named::Any) => false,
            Some(Named::These(_)) => true,
            None => reach == Reach::Loopback,
        }
    }

    pub(crate) fn contain(&self, host: &Host) -> bool {
        let is_named = match &self.named {
            Some(Named::Any) => true,
            Some(Named::These(hosts)) => hosts.contains(host),
            None => false,
        };
        is_named
            || match host {
                Host::Name(name) => {
                    name == "localhost" || name.ends_with(".localhost") || self.of_machine.contains(host)
                }
                Host::Address(address) => is_of_machine(*address),
            }
    }
}

/// Whether an address is one of this machine's: to those alone a socket can be bound.
fn is_of_machine(address: IpAddr) -> bool {
    let is_of_many = address.is_multicast() || matches!(address, IpAddr::V4(address) if address.is_broadcast());
    address.is_loopback() || (!is_of_many && UdpSocket::bind((address, 0)).is_ok())
}

/// What is wrong with how a request says which host it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    Several,
    Malformed,
}

/// The host that a request is for, without a port, as the client wrote it; none of a request that may go without.
pub(crate) fn host_of(request: &Request) -> Result<Option<&str>, Fault> {
    let mut lines = request.headers().get_all(header::HOST).iter();
    let line = lines.next();
    if lines.next().is_some() {
        return Err(Fault::Several);
    }
    let line = line.map(|line| line.to_str().ok().and_then(without_port).ok_or(Fault::Malformed)).transpose()?;
    if line.is_none() && request.version() == Version::HTTP_11 {
        return Err(Fault::Missing);
    }
    let Some(target) = request.uri().authority() else { return Ok(line) };
    let target = without_port(target.as_str()).ok_or(Fault::Malformed)?;
    // That of the target goes before the header over HTTP/1 (RFC 9112, section 3.2.2); over HTTP/2 they may not differ (RFC
    // 9113, section 8.3.1).
    match line {
        Some(line) if request.version() >= Version::HTTP_2 && !line.eq_ignore_ascii_case(target) => Err(Fault::Several),
        _ => Ok(Some(target)),
    }
}

/// The host of `host:port` or `host` (RFC 9110, section 7.2). It may be empty.
fn without_port(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rfind([':', ']']).filter(|at| authority[*at..].starts_with(':')) {
        Some(at) => (&authority[..at], &authority[at + 1..]),
        None => (authority, ""),
    };
    let name = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(&byte);
    let is_host = match name {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => host.bytes().all(is_plain),
    };
    (is_host && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(host)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::HeaderValue;

    use super::*;

    fn request(version: Version, target: &str, lines: &[&str]) -> Request {
        let mut request = Request::builder().version(version).uri(target);
        for line in lines {
            request = request.header(header::HOST, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_request_is_for_one_host() {
        let (old, usual, new) = (Version::HTTP_10, Version::HTTP_11, Version::HTTP_2);
        for (version, target, lines, expected) in [
            (usual, "/a", &["parts.example"][..], Ok(Some("parts.example"))),
            (usual, "/a", &["Parts.Example.:8000"], Ok(Some("Parts.Example."))),
            (usual, "/a", &["[::1]:8000"], Ok(Some("[::1]"))),
            (usual, "/a", &["[::1]"], Ok(Some("[::1]"))),
            (usual, "/a", &["127.0.0.1:"], Ok(Some("127.0.0.1"))),
            (usual, "/a", &[""], Ok(Some(""))),
            (usual, "/a", &[], Err(Fault::Missing)),
            (old, "/a", &[], Ok(None)),
            (new, "/a", &[], Ok(None)),
            (new, "http://parts.example/a", &[], Ok(Some("parts.example"))),
            (new, "http://parts.example:80/a", &["PARTS.example"], Ok(Some("parts.example"))),
            (new, "http://parts.example/a", &["evil.example"], Err(Fault::Several)),
            (usual, "http://parts.example/a", &["evil.example"], Ok(Some("parts.example"))),
            (usual, "http://parts.example/a", &[], Err(Fault::Missing)),
            (usual, "/a", &["a", "a"], Err(Fault::Several)),
            (old, "/a", &["a", "b"], Err(Fault::Several)),
            (usual, "/a", &["::1"], Err(Fault::Malformed)),
            (usual, "/a", &["[::1"], Err(Fault::Malformed)),
            (usual, "/a", &["[::1]x"], Err(Fault::Malformed)),
            (usual, "/a", &["a:b"], Err(Fault::Malformed)),
            (usual, "/a", &["a@b"], Err(Fault::Malformed)),
            (usual, "/a", &["a b"], Err(Fault::Malformed)),
            (usual, "/a", &["a/b"], Err(Fault::Malformed)),
            (usual, "/a", &["\u{e9}"], Err(Fault::Malformed)),
        ] {
            assert_eq!(host_of(&request(version, target, lines)), expected, "{version:?} {target} {lines:?}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address() {
        let name = |text: &str| Some(Host::Name(text.to_owned()));
        let address = |text: &str| Some(Host::Address(text.parse().unwrap()));
        for (text, expected) in [
            ("Parts.Example", name("parts.example")),
            ("parts.example.", name("parts.example")),
            ("127.0.0.1", address("127.0.0.1")),
            ("[::1]", address("::1")),
            ("::1", address("::1")),
            ("[::ffff:127.0.0.1]", address("127.0.0.1")),
            // A browser writes it out before it sends it.
            ("127.1", name("127.1")),
            ("", None),
            (".", None),
            ("[127.0.0.1]", None),
            ("a b", None),
            ("a:80", None),
            ("http://a", None),
            ("*.example", None),
        ] {
            assert_eq!(Host::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn some_hosts_are_the_services() {
        let host = |text| Host::parse(text).unwrap();
        let of_machine = vec![host("pc.example")];
        let unsaid = Hosts { named: None, of_machine: of_machine.clone() };
        let said = Hosts { named: Some(Named::These(vec![host("parts.example"), host("192.0.2.7")])), of_machine };
        let any = Hosts { named: Some(Named::Any), of_machine: Vec::new() };
        for (text, by_default, by_setting) in [
            ("localhost", true, true),
            ("parts.localhost", true, true),
            ("127.0.0.1", true, true),
            ("127.9.9.9", true, true),
            ("::1", true, true),
            ("pc.example", true, true),
            ("parts.example", false, true),
            ("www.parts.example", false, false),
            ("192.0.2.7", false, true),
            // Addresses of nobody, and of many, to which a socket might be bound all the same.
            ("192.0.2.8", false, false),
            ("224.0.0.1", false, false),
            ("ff02::1", false, false),
            ("255.255.255.255", false, false),
            ("localhost.evil.example", false, false),
            ("evil-localhost", false, false),
        ] {
            let host = host(text);
            assert_eq!((unsaid.contain(&host), said.contain(&host)), (by_default, by_setting), "{text}");
            assert!(any.contain(&host));
        }
        for (hosts, on_loopback, beyond) in [(unsaid, true, false), (said, true, true), (any, false, false)] {
            assert_eq!(hosts.are_checked(Reach::Loopback), on_loopback);
            assert_eq!(hosts.are_checked(Reach::Socket), beyond);
            assert_eq!(hosts.are_checked(Reach::Network), beyond);
        }
    }
}
