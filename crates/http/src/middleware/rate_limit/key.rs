//! Whose requests are counted together.

use std::net::{IpAddr, Ipv4Addr};

use crate::extract::client_address::ClientAddress;

/// Who has a limit. A variant more, and a principal has one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    V4(Ipv4Addr),
    /// The first 64 bits of an address: whoever has one of those has all of them.
    V6([u8; 8]),
    /// Everybody who comes through a Unix socket without being named.
    Unix,
}

impl Key {
    pub(super) fn of(client: ClientAddress) -> Self {
        match client {
            ClientAddress::Ip(IpAddr::V4(address)) => Self::V4(address),
            ClientAddress::Ip(IpAddr::V6(address)) => {
                Self::V6(*address.octets().first_chunk().expect("an address has 128 bits"))
            }
            ClientAddress::Unix => Self::Unix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let key = |address: &str| Key::of(ClientAddress::Ip(address.parse().unwrap()));
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("::"), Key::of(ClientAddress::Unix));
    }
}
