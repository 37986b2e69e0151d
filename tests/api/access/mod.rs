//! Who may do what (docs/access.md): what each operation needs, what comes of credentials, and what others are not shown.

mod actors;
mod caches;
mod challenges;
mod narrowed;
mod table;

use std::ops::Deref;

use partbook_test_support::{Anonymous, Answer, Backend, Method, Request, Service, Tokens, secret};

/// The tokens of these tests: a name, and what its line in the file says.
const TOKENS: [(&str, &str); 6] = [
    ("reader", "scope=read"),
    ("writer", "scope=write"),
    ("admin", "scope=admin"),
    ("scraper", "scope=metrics"),
    ("narrowed", "scope=write entity=gpu,listing"),
    ("expired", "scope=admin expires=2020-01-01T00:00:00Z"),
];

/// A service with a file of tokens.
struct Guarded {
    service: Service,
    /// The file is there as long as the service.
    _tokens: Tokens,
}

impl Deref for Guarded {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
}

/// A service that accepts these tokens, where the anonymous may do so much.
async fn guarded(backend: Backend, anonymous: Anonymous) -> Guarded {
    guarded_by(&TOKENS, backend, anonymous).await
}

/// The same with other tokens.
async fn guarded_by(tokens: &[(&str, &str)], backend: Backend, anonymous: Anonymous) -> Guarded {
    let tokens = Tokens::of(tokens);
    let service = Service::options().anonymous(anonymous).tokens(&tokens.path()).start(backend).await;
    Guarded { service, _tokens: tokens }
}

/// A request with the token of this name.
fn with_token(service: &Service, name: &str, method: Method, path: &str) -> Request {
    service.request(method, path).header("Authorization", &format!("Bearer {}", secret(name)))
}

async fn get(service: &Service, name: &str, path: &str) -> Answer {
    with_token(service, name, Method::GET, path).send().await
}
