//! A primary with a standby, and what becomes of requests when the one takes the other's place.

mod hosts;
mod lag;
mod lost_connections;
mod read_only;
mod replicas;
mod switch;

use partbook_test_support::replicas::url;
use partbook_test_support::server::Options;
use partbook_test_support::{Backend, Database, Server};

/// A service on servers: one address, or several with commas between, and parameters.
async fn serve(addresses: &str, parameters: &str) -> Server {
    serve_with(Server::options(), addresses, parameters).await
}

async fn serve_with(options: Options, addresses: &str, parameters: &str) -> Server {
    // Nothing is asked of the service's own handle of its database.
    let nothing = Database::create(Backend::Sqlite);
    options.env("DATABASE_URL", &(url(addresses) + parameters)).start_on(&nothing).await
}
