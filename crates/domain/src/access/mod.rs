//! Who may do what: scopes, the scope that each operation needs, and what somebody is granted.
//!
//! `operation` is the one table of what needs which scope. A `Grant` is what a caller may do, of which entities; an `Actor` is
//! whom a change is signed with. `token` is the secret that a client sends, and `record` what is kept of it.

mod actor;
mod grant;
mod operation;
mod record;
mod records;
mod scope;
mod token;

pub use actor::Actor;
pub use grant::{Grant, Subject};
pub use operation::Operation;
pub use record::{BadRecord, MAX_TOKEN_NAME_LENGTH, TokenRecord, is_token_name};
pub use records::{MAX_TOKENS, TokenRecords};
pub use scope::{Anonymous, Scope, Scopes};
pub use token::{BadToken, TOKEN_PREFIX, Token, TokenHash};
