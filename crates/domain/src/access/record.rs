//! What is kept of a token, and the line of a file that holds it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use ipnet::IpNet;
use thiserror::Error;

use super::grant::Grant;
use super::scope::Scopes;
use super::token::TokenHash;
use crate::value::timestamp::Timestamp;

/// The longest name of a token, characters.
pub const MAX_TOKEN_NAME_LENGTH: usize = 64;

/// Whether a token may be called so: the name stands in the log, in addresses and in lines of files.
#[must_use]
pub fn is_token_name(name: &str) -> bool {
    (1..=MAX_TOKEN_NAME_LENGTH).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// A token as it is kept: everything but its secret.
#[derive(Clone, Debug)]
pub struct TokenRecord {
    /// Its name, which stands for whoever has it.
    pub name: Arc<str>,
    /// The hash of its secret.
    pub hash: TokenHash,
    /// What it allows.
    pub grant: Arc<Grant>,
    /// From when on it is not accepted.
    pub expires_at: Option<Timestamp>,
    /// The networks that it is accepted from; all where there are none.
    pub from: Vec<IpNet>,
}

/// Why a line holds no token.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct BadRecord(String);

impl BadRecord {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }
}

impl TokenRecord {
    /// Whether it has expired by then.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether it is accepted from this address. One that is not known is in no network.
    #[must_use]
    pub fn is_accepted_from(&self, address: Option<IpAddr>) -> bool {
        self.from.is_empty() || address.is_some_and(|address| self.from.iter().any(|net| net.contains(&address)))
    }

    /// All but the hash, in the form of a line.
    #[must_use]
    pub fn without_hash(&self) -> String {
        let line = self.to_string();
        line.rsplit_once(" sha256=").map_or(line.as_str(), |(rest, _)| rest).to_owned()
    }
}

/// A line of a file of tokens: the name, and then members in any order.
impl fmt::Display for TokenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} scope={}", self.name, self.grant.scopes)?;
        if let Some(entities) = &self.grant.entities {
            write!(f, " entity={}", entities.iter().map(|entity| entity.name).collect::<Vec<_>>().join(","))?;
        }
        if let Some(expires_at) = self.expires_at {
            write!(f, " expires={expires_at}")?;
        }
        if !self.from.is_empty() {
            write!(f, " from={}", self.from.iter().map(IpNet::to_string).collect::<Vec<_>>().join(","))?;
        }
        write!(f, " sha256={}", self.hash)
    }
}

/// Reads such a line. What it does not know may narrow the token, and is refused.
impl FromStr for TokenRecord {
    type Err = BadRecord;

    fn from_str(line: &str) -> Result<Self, BadRecord> {
        let mut words = line.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        if !is_token_name(name) {
            return Err(bad(
                "it does not begin with the name of a token: letters, digits, `.`, `_` and `-`, at most 64",
            ));
        }
        let (mut scopes, mut entities, mut expires_at, mut from, mut hash) = (None, None, None, None, None);
        for word in words {
            let (key, value) =
                word.split_once('=').ok_or_else(|| bad("a word after the name is not of the form key=value"))?;
            let is_new = match key {
                "scope" => scopes.replace(read_scopes(value)?).is_none(),
                "entity" => entities.replace(read_entities(value)?).is_none(),
                "expires" => expires_at.replace(read_time(value)?).is_none(),
                "from" => from.replace(read_networks(value)?).is_none(),
                "sha256" => hash.replace(read_hash(value)?).is_none(),
                _ => return Err(bad("it has a key that is none of scope, entity, expires, from and sha256")),
            };
            if !is_new {
                return Err(BadRecord(format!("it has `{key}` twice")));
            }
        }
        let scopes = scopes.ok_or_else(|| bad("it has no scope"))?;
        let hash = hash.ok_or_else(|| bad("it has no sha256"))?;
        let grant = Arc::new(Grant { scopes, entities });
        Ok(Self { name: name.into(), hash, grant, expires_at, from: from.unwrap_or_default() })
    }
}

fn bad(text: &str) -> BadRecord {
    BadRecord(text.to_owned())
}

fn read_scopes(text: &str) -> Result<Scopes, BadRecord> {
    Scopes::parse(text).ok_or_else(|| bad("its scope is none of read, write, admin and metrics"))
}

fn read_entities(text: &str) -> Result<Vec<&'static crate::Entity>, BadRecord> {
    Grant::parse_entities(text).map_err(|_| bad("its entity is none that there is"))
}

fn read_time(text: &str) -> Result<Timestamp, BadRecord> {
    Timestamp::parse(text).ok_or_else(|| bad("its expires is no time such as 2027-01-31T00:00:00Z"))
}

fn read_networks(text: &str) -> Result<Vec<IpNet>, BadRecord> {
    let read = |part: &str| part.parse::<IpNet>().or_else(|_| part.parse::<IpAddr>().map(IpNet::from));
    text.split(',').map(read).collect::<Result<_, _>>().map_err(|_| bad("its from is no network such as 10.0.0.0/8"))
}

fn read_hash(text: &str) -> Result<TokenHash, BadRecord> {
    TokenHash::parse(text).ok_or_else(|| bad("its sha256 is not 64 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn a_line_is_written_as_it_is_read() {
        for line in [
            format!("ci scope=write sha256={HASH}"),
            format!(
                "ci scope=read,metrics entity=cpu,gpu expires=2027-01-31T00:00:00.000000Z from=10.0.0.0/8,::1/128 sha256={HASH}"
            ),
        ] {
            assert_eq!(line.parse::<TokenRecord>().unwrap().to_string(), line);
        }
        let loose = format!("  a.b_c-1\tsha256={HASH}   scope=admin from=192.0.2.7 ");
        let written = format!("a.b_c-1 scope=admin from=192.0.2.7/32 sha256={HASH}");
        assert_eq!(loose.parse::<TokenRecord>().unwrap().to_string(), written);
    }

    #[test]
    fn a_line_that_is_not_understood_is_refused() {
        for line in [
            String::new(),
            "ci".to_owned(),
            format!("ci sha256={HASH}"),
            "ci scope=write".to_owned(),
            format!("ci scope=everything sha256={HASH}"),
            format!("ci scope=write sha256={}", &HASH[1..]),
            format!("ci scope=write scope=read sha256={HASH}"),
            format!("ci scope=write entity=cpus sha256={HASH}"),
            format!("ci scope=write entity= sha256={HASH}"),
            format!("ci scope=write expires=tomorrow sha256={HASH}"),
            format!("ci scope=write from=home sha256={HASH}"),
            format!("ci scope=write only=mondays sha256={HASH}"),
            format!("c/i scope=write sha256={HASH}"),
            format!("{} scope=write sha256={HASH}", "a".repeat(65)),
        ] {
            let fault = line.parse::<TokenRecord>().unwrap_err().to_string();
            assert!(!fault.is_empty() && !fault.contains(HASH), "{line}: {fault}");
        }
    }

    #[test]
    fn a_record_ends_and_has_its_places() {
        let record: TokenRecord =
            format!("ci scope=write expires=2027-01-31T00:00:00Z from=10.0.0.0/8 sha256={HASH}").parse().unwrap();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        assert!(!record.has_expired(at("2027-01-30T23:59:59Z")) && record.has_expired(at("2027-01-31T00:00:00Z")));
        assert!(record.is_accepted_from("10.1.2.3".parse().ok()));
        assert!(!record.is_accepted_from("11.1.2.3".parse().ok()) && !record.is_accepted_from(None));
        let anywhere = TokenRecord { from: Vec::new(), ..record };
        assert!(anywhere.is_accepted_from(None));
    }
}
