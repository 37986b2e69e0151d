//! The users whom a trusted proxy names. The header is of the operator's choice, and from anywhere else it does not get here.

use std::str;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use partbook_domain::access::{Actor, Scopes};

use super::rejection::Rejection;

/// The longest name of a user, bytes.
const MAX_NAME_LENGTH: usize = 255;

/// How a proxy names users, and what they may do.
#[derive(Clone, Debug)]
pub struct ProxyUsers {
    /// The header.
    pub header: HeaderName,
    /// What they may do.
    pub scopes: Scopes,
}

impl ProxyUsers {
    /// The user for whom the proxy asks; none where it names nobody.
    ///
    /// # Errors
    /// It names several, or one that cannot be read.
    pub(super) fn named(&self, headers: &HeaderMap) -> Result<Option<Actor>, Rejection> {
        let mut values = headers.get_all(&self.header).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Rejection::User);
        }
        let name = str::from_utf8(value.as_bytes()).map_err(|_| Rejection::User)?.trim();
        if name.len() > MAX_NAME_LENGTH || name.contains(char::is_control) {
            return Err(Rejection::User);
        }
        Ok((!name.is_empty()).then(|| Actor::ProxyUser(Arc::from(name))))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use partbook_domain::access::Scope;

    use super::*;

    fn named(values: &[&str]) -> Result<Option<String>, ()> {
        let header = HeaderName::from_static("x-remote-user");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(&header, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let users = ProxyUsers { header, scopes: Scopes::of(&[Scope::Write]) };
        users.named(&headers).map(|actor| actor.map(|actor| actor.to_string())).map_err(|_| ())
    }

    #[test]
    fn a_proxy_names_one_user_or_none() {
        for (values, expected) in [
            (&[][..], Ok(None)),
            (&[""], Ok(None)),
            (&["ada"], Ok(Some("user:ada".to_owned()))),
            (&[" Zo\u{eb} "], Ok(Some("user:Zo\u{eb}".to_owned()))),
            (&["ada", "ada"], Err(())),
            (&["", "ada"], Err(())),
            (&["a\u{85}b"], Err(())),
        ] {
            assert_eq!(named(values), expected, "{values:?}");
        }
        assert!(named(&[&"a".repeat(255)]).is_ok() && named(&[&"a".repeat(256)]).is_err());
    }
}
