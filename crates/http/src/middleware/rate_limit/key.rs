//! Whose requests are counted together: those of a principal, and of who shows no credentials, those of an address.

use std::hash::{BuildHasher as _, RandomState};
use std::mem::discriminant;
use std::net::{IpAddr, Ipv4Addr};

use partbook_domain::access::Actor;

use crate::extract::client_address::ClientAddress;

/// Who has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    V4(Ipv4Addr),
    /// The first 64 bits of an address: whoever has one of those has all of them.
    V6([u8; 8]),
    /// Whoever has the token of a name, or is a user of a name: the hash of that.
    Principal(u64),
    /// Everybody who comes through a Unix socket without being named.
    Unix,
}

impl Key {
    /// A caller whose credentials were accepted; none of the anonymous.
    pub(super) fn of_principal(actor: &Actor, hasher: &RandomState) -> Option<Self> {
        let name = actor.name()?;
        Some(Self::Principal(hasher.hash_one((discriminant(actor), name))))
    }

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

    #[test]
    fn a_principal_is_one_wherever_it_asks_from() {
        let hasher = RandomState::new();
        let key = |actor: &Actor| Key::of_principal(actor, &hasher);
        let token = |name: &str| Actor::Token(name.into());
        assert_eq!(key(&token("ci")), key(&token("ci")));
        assert_ne!(key(&token("ci")), key(&token("cd")));
        assert_ne!(key(&token("ci")), key(&Actor::Subject("ci".into())));
        assert_eq!(key(&Actor::Anonymous), None);
    }
}
