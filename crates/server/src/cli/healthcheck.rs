//! `partbook healthcheck`: asks a running service whether it lives, for container engines and supervisors that can run a
//! program but send no request.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, HOST, USER_AGENT};
use axum::http::{Request, StatusCode};
use clap::Args;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::output::Failure;
use crate::config::{Setting, address_with_port};

/// How long the service may take to answer, from the look-up of its host on.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// The process, never the database: a database that is away is no reason to start the process anew.
const PATH: &str = "/livez";

#[derive(Args)]
pub(super) struct Arguments {
    /// The address that the service was told to listen on
    #[arg(long, env = "PARTBOOK_LISTEN", default_value = "127.0.0.1:8000")]
    #[arg(value_name = "HOST:PORT", value_parser = Setting(address_with_port))]
    listen: String,
}

/// Asks once.
///
/// # Errors
/// A bad setting; no answer in time, or another answer than 200.
pub(super) async fn run(arguments: Arguments) -> Result<(), Failure> {
    let address = arguments.listen;
    match timeout(HEALTH_CHECK_TIMEOUT, ask(&address)).await {
        Ok(Ok(StatusCode::OK)) => Ok(()),
        Ok(Ok(status)) => {
            Err(Failure::Run(format!("the service at {address} answered GET {PATH} with {status}, not 200 OK")))
        }
        Ok(Err(fault)) => Err(Failure::Run(fault)),
        Err(_) => {
            let seconds = HEALTH_CHECK_TIMEOUT.as_secs();
            Err(Failure::Run(format!("the service at {address} did not answer GET {PATH} within {seconds} s")))
        }
    }
}

/// The status of the answer. Neither proxies nor redirects come between: they would answer for somebody else.
async fn ask(address: &str) -> Result<StatusCode, String> {
    let unreached = |error| format!("no service can be reached at {address}: {error}; is it running there?");
    let addresses: Vec<SocketAddr> = lookup_host(address).await.map_err(unreached)?.map(reachable).collect();
    let stream = TcpStream::connect(&addresses[..]).await.map_err(unreached)?;
    let broken = |error: hyper::Error| match error.source() {
        Some(cause) => format!("the service at {address} did not answer GET {PATH}: {error}: {cause}"),
        None => format!("the service at {address} did not answer GET {PATH}: {error}"),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // What goes wrong there is told to the request as well.
    tokio::spawn(connection);
    let request = Request::get(PATH)
        .header(HOST, address)
        .header(USER_AGENT, "partbook-healthcheck")
        .header(CONNECTION, "close")
        .body(Body::empty())
        .map_err(|error| format!("{address} cannot be asked: {error}"))?;
    Ok(sender.send_request(request).await.map_err(broken)?.status())
}

/// Where a service that listens on an address is reached from this machine: all of them is none to connect to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}
