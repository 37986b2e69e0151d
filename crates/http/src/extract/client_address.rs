//! Who asks: the peer of the connection, or the client for whom trusted proxies say that they ask.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use ipnet::IpNet;

use super::forwarded;

/// What is at the other end of a connection. It travels as an extension of the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Peer {
    /// A machine. An IPv4 address in the form of IPv6 is an IPv4 address here.
    Ip(IpAddr),
    /// A process of this machine, over a Unix socket, or a caller in this process.
    #[default]
    Unix,
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Ip(address.ip().to_canonical())
    }
}

/// The proxies whose word is taken for who asks.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    /// Where they are.
    pub networks: Vec<IpNet>,
    /// Whether what comes over a Unix socket comes from one.
    pub unix: bool,
    /// Where they say who asks.
    pub header: ForwardedHeader,
}

/// The header in which proxies say who asks. One is read and not both: a proxy that writes the one passes the other on as
/// the client wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Who asks. It travels as an extension of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ClientAddress {
    Ip(IpAddr),
    /// A process of this machine.
    Unix,
}

impl ClientAddress {
    /// The address; none of a process of this machine.
    pub(crate) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Ip(address) => Some(address),
            Self::Unix => None,
        }
    }

    /// The peer, or where that is a trusted proxy, the nearest of those whom it and further trusted proxies name that is not
    /// one itself. Of a proxy that does not say for whom it asks, itself is all that is known.
    pub(crate) fn of(peer: Peer, headers: &HeaderMap, proxies: &TrustedProxies) -> Self {
        let mut client = Self::from(peer);
        if !proxies.trusts(client) {
            return client;
        }
        let hops: &mut dyn Iterator<Item = Option<IpAddr>> = match proxies.header {
            ForwardedHeader::XForwardedFor => &mut forwarded::x_forwarded_for(headers),
            ForwardedHeader::Forwarded => &mut forwarded::forwarded(headers),
        };
        for address in hops.map_while(|hop| hop) {
            client = Self::Ip(address);
            if !proxies.trusts(client) {
                break;
            }
        }
        client
    }
}

impl From<Peer> for ClientAddress {
    fn from(peer: Peer) -> Self {
        match peer {
            Peer::Ip(address) => Self::Ip(address),
            Peer::Unix => Self::Unix,
        }
    }
}

impl TrustedProxies {
    /// Whether whoever is at the other end of a connection is one.
    pub(crate) fn trust(&self, peer: Peer) -> bool {
        self.trusts(peer.into())
    }

    fn trusts(&self, client: ClientAddress) -> bool {
        match client {
            ClientAddress::Ip(address) => self.networks.iter().any(|network| network.contains(&address)),
            ClientAddress::Unix => self.unix,
        }
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(formatter),
            Self::Unix => formatter.write_str("unix"),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const OWN: &str = "10.0.0.0/8";

    fn proxies(networks: &[&str], header: ForwardedHeader) -> TrustedProxies {
        let networks = networks.iter().filter_map(|network| network.parse().ok()).collect();
        TrustedProxies { networks, unix: true, header }
    }

    /// Who asks, by a peer that sends these lines of a header.
    fn client(peer: &str, proxies: &TrustedProxies, name: &'static str, lines: &[&str]) -> String {
        let peer = peer.parse().map_or(Peer::Unix, |address: IpAddr| SocketAddr::from((address, 1)).into());
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        ClientAddress::of(peer, &headers, proxies).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, networks, line, expected) in [
            ("10.1.2.3", &[OWN][..], "192.0.2.7", "192.0.2.7"),
            ("::ffff:10.1.2.3", &[OWN], "192.0.2.7", "192.0.2.7"),
            ("unix", &[OWN], "192.0.2.7", "192.0.2.7"),
            ("11.1.2.3", &[OWN], "192.0.2.7", "11.1.2.3"),
            ("10.1.2.3", &[], "192.0.2.7", "10.1.2.3"),
            ("2001:db8::1", &["2001:db8::/32"], "192.0.2.7", "192.0.2.7"),
            ("2001:db9::1", &["2001:db8::/32"], "192.0.2.7", "2001:db9::1"),
        ] {
            let found = client(peer, &proxies(networks, ForwardedHeader::XForwardedFor), "x-forwarded-for", &[line]);
            assert_eq!(found, expected, "{peer} among {networks:?}");
        }
        let by_network = TrustedProxies { unix: false, ..proxies(&[OWN], ForwardedHeader::XForwardedFor) };
        assert_eq!(client("unix", &by_network, "x-forwarded-for", &["192.0.2.7"]), "unix");
    }

    #[test]
    fn the_client_is_the_last_address_that_is_not_a_proxy() {
        for (lines, expected) in [
            (&["192.0.2.7"][..], "192.0.2.7"),
            // What the client wrote itself stands before what the proxy added.
            (&["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
            (&["198.51.100.1, 192.0.2.7, 10.0.0.9,10.0.0.8"], "192.0.2.7"),
            (&["198.51.100.1", "192.0.2.7", "10.0.0.9"], "192.0.2.7"),
            (&["x\u{e9}y, 192.0.2.7"], "192.0.2.7"),
            (&["192.0.2.7:4711"], "192.0.2.7"),
            (&["[2001:db8::7]:4711"], "2001:db8::7"),
            (&["2001:db8::7"], "2001:db8::7"),
            (&["::ffff:192.0.2.7"], "192.0.2.7"),
            // All are proxies: the first of them is where it began.
            (&["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
            // A proxy that does not say who asked it.
            (&[], "10.0.0.1"),
            (&[""], "10.0.0.1"),
            (&["192.0.2.7, "], "10.0.0.1"),
            (&["192.0.2.7, unknown"], "10.0.0.1"),
            (&["192.0.2.7, _hidden, 10.0.0.8"], "10.0.0.8"),
            (&["192.0.2.7, 1.2.3"], "10.0.0.1"),
            (&["192.0.2.7, 010.0.0.1"], "10.0.0.1"),
            (&["192.0.2.7, [2001:db8::7"], "10.0.0.1"),
            (&["192.0.2.7, [2001:db8::7]x"], "10.0.0.1"),
            (&["192.0.2.7, 192.0.2.8:"], "10.0.0.1"),
            (&["192.0.2.7, 192.0.2.8:+80"], "10.0.0.1"),
            (&["192.0.2.7, 192.0.2.8:65536"], "10.0.0.1"),
            (&["192.0.2.7, fe80::1%eth0"], "10.0.0.1"),
            (&["192.0.2.7, 192.0.2.8 192.0.2.9"], "10.0.0.1"),
        ] {
            let by = proxies(&[OWN], ForwardedHeader::XForwardedFor);
            assert_eq!(client("10.0.0.1", &by, "x-forwarded-for", lines), expected, "{lines:?}");
            assert_eq!(client("10.0.0.1", &by, "forwarded", lines), "10.0.0.1", "the other header is not read");
        }
    }

    #[test]
    fn forwarded_says_it_too() {
        for (lines, expected) in [
            (&["for=192.0.2.7"][..], "192.0.2.7"),
            (&["For=\"192.0.2.7:4711\";proto=https;by=203.0.113.43"], "192.0.2.7"),
            (&["proto=http;for=\"[2001:db8::7]:4711\""], "2001:db8::7"),
            (&["for=\"[2001:DB8::7]\""], "2001:db8::7"),
            (&["for=\"192.0.2.7:_port\""], "192.0.2.7"),
            (&["for=198.51.100.1, for=192.0.2.7 ; , for=10.0.0.8"], "192.0.2.7"),
            (&["for=198.51.100.1, for=192.0.2.7;, for=10.0.0.8"], "192.0.2.7"),
            (&["for=198.51.100.1", "for=192.0.2.7"], "192.0.2.7"),
            (&["for=\"\\192.0.2.7\""], "192.0.2.7"),
            // A quote that a client opened does not hide what the proxy added.
            (&["for=\"198.51.100.1, for=192.0.2.7"], "192.0.2.7"),
            (&["for=\"198.51.100.1\\, for=\"[2001:db8::7]\""], "2001:db8::7"),
            // Nor does what a client had the proxy quote.
            (&["for=192.0.2.7;host=\"a,for=198.51.100.1\""], "192.0.2.7"),
            (&["for=192.0.2.7;host=\"a\\\",for=198.51.100.1\""], "192.0.2.7"),
            (&["for=unknown"], "10.0.0.1"),
            (&["for=_hidden"], "10.0.0.1"),
            (&["for=192.0.2.7, for=_hidden;by=10.0.0.8"], "10.0.0.1"),
            (&["for=192.0.2.7, proto=http"], "10.0.0.1"),
            (&["for=192.0.2.7;for=198.51.100.1"], "10.0.0.1"),
            (&["for=192.0.2.7, for"], "10.0.0.1"),
            (&["for=192.0.2.7, for="], "10.0.0.1"),
            (&["for=192.0.2.7, for=\"\""], "10.0.0.1"),
            (&["for=192.0.2.7 proto=http"], "10.0.0.1"),
            (&["for=\"192.0.2.7\"x"], "10.0.0.1"),
            (&["for=\"192.0.2.7"], "10.0.0.1"),
            (&["for=\"192.0.2.7\\\""], "10.0.0.1"),
        ] {
            let by = proxies(&[OWN], ForwardedHeader::Forwarded);
            assert_eq!(client("10.0.0.1", &by, "forwarded", lines), expected, "{lines:?}");
            assert_eq!(client("10.0.0.1", &by, "x-forwarded-for", lines), "10.0.0.1", "the other header is not read");
        }
    }
}
