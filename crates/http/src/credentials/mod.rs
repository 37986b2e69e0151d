//! From what a request shows to whom it comes from: who verifies which credentials.
//!
//! `Authorization: Bearer pbk_…` is a token. All else in that header belongs to whoever stands before the service (the password
//! that a proxy asked for, the identity that Cloud Run did) and is passed over.

mod bearer;
mod proxy_users;
mod rejection;
mod tokens_file;

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName};
use partbook_domain::access::{Actor, Anonymous, Grant, Token};
use partbook_domain::clock::{Clock as _, SystemClock};

use crate::extract::principal::Principal;
use bearer::bearer;
pub use proxy_users::ProxyUsers;
pub(crate) use rejection::Rejection;
pub use tokens_file::TokensFile;

/// What a request without credentials may do, and who verifies those of the others.
#[derive(Debug)]
pub(crate) struct Credentials {
    anonymous: Anonymous,
    tokens: Option<TokensFile>,
    users: Option<(ProxyUsers, Arc<Grant>)>,
    nobody: Principal,
}

impl Credentials {
    pub(crate) fn new(anonymous: Anonymous, tokens: Option<TokensFile>, users: Option<ProxyUsers>) -> Self {
        let users = users.map(|users| {
            let grant = Arc::new(Grant { scopes: users.scopes, entities: None });
            (users, grant)
        });
        let grant = Arc::new(Grant { scopes: anonymous.scopes(), entities: None });
        let nobody = Principal { actor: Actor::Anonymous, grant, anonymous };
        Self { anonymous, tokens, users, nobody }
    }

    /// Whoever shows no credentials.
    pub(crate) fn nobody(&self) -> Principal {
        self.nobody.clone()
    }

    /// What whoever shows no credentials may do.
    pub(crate) fn anonymous(&self) -> Anonymous {
        self.anonymous
    }

    /// The header beside `Authorization` that says who asks.
    pub(crate) fn user_header(&self) -> Option<&HeaderName> {
        self.users.as_ref().map(|(users, _)| &users.header)
    }

    /// Whom a trusted proxy asks for.
    fn user(&self, headers: &HeaderMap) -> Result<Principal, Rejection> {
        let Some((users, grant)) = &self.users else { return Ok(self.nobody()) };
        let Some(actor) = users.named(headers)? else { return Ok(self.nobody()) };
        Ok(Principal { actor, grant: grant.clone(), anonymous: self.anonymous })
    }

    /// Whom a request with these headers comes from.
    ///
    /// # Errors
    /// It shows credentials that are not accepted, or that cannot be verified now. Nobody is taken for anonymous who is not.
    pub(crate) async fn verify(&self, headers: &HeaderMap, from: Option<IpAddr>) -> Result<Principal, Rejection> {
        let Some(credentials) = bearer(headers)? else { return self.user(headers) };
        let text = std::str::from_utf8(credentials).map_err(|_| Rejection::Mistyped)?;
        let token = Token::parse(text).map_err(|_| Rejection::Mistyped)?;
        let Some(tokens) = &self.tokens else { return Err(Rejection::Unknown) };
        let found = tokens.find(&token.hash()).await.map_err(Rejection::Unverified)?;
        let record = found.ok_or(Rejection::Unknown)?;
        if record.has_expired(SystemClock.now()) {
            return Err(Rejection::Expired);
        }
        if !record.is_accepted_from(from) {
            return Err(Rejection::Elsewhere);
        }
        let actor = Actor::Token(record.name.clone());
        Ok(Principal { actor, grant: record.grant.clone(), anonymous: self.anonymous })
    }
}
