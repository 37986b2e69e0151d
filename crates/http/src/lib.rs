//! The catalog over HTTP: routes, bodies, answers, problems, and the document that describes them.
//!
//! `router` puts together the handlers of `routes` and the layers of `middleware`. A handler reads a request with
//! `extract`, asks the repository that `state` holds, and answers with `respond`; `representation` has the shapes of a
//! row. `credentials` says whom a request comes from. `openapi` describes each operation where it is routed, from the
//! definitions that serve it. None of these imports `routes` or `router`.

mod credentials;
mod excerpt;
mod extract;
mod header;
mod limits;
mod metrics;
mod middleware;
mod openapi;
mod representation;
mod respond;
mod router;
mod routes;
mod state;

pub use credentials::{ProxyUsers, TokensFile};
pub use extract::client_address::{ForwardedHeader, Peer, TrustedProxies};
pub use extract::host::{Host, Hosts, Named, Reach};
pub use metrics::Metrics;
pub use middleware::rate_limit::rate::{Rate, RateLimit, RateLimits};
pub use partbook_repository::Memory;
pub use representation::PlainRow;
pub use respond::pending::PendingAnswer;
pub use router::document as openapi;
pub use state::{App, HttpLimits, HttpSettings};
