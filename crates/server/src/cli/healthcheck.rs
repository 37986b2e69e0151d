//! `partbook healthcheck`: checks that a running service is alive, for container engines and supervisors that can run a
//! program but cannot send a request.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, HOST, USER_AGENT};
use axum::http::{Request, StatusCode};
use clap::Args;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;
use tokio_util::either::Either;

use super::output::Failure;
use crate::config::{Setting, address_to_ask};
use crate::serve::ListenAddress;

/// How long the check may take, including the look-up of the host.
const HEALTH_CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the process and not the database: a restart of the process does not help when the database is away.
const PATH: &str = "/livez";

#[derive(Args)]
pub(super) struct Arguments {
    /// The address that the service was told to listen on
    #[arg(long, env = "PARTBOOK_LISTEN", default_value = "127.0.0.1:8000")]
    #[arg(value_name = "ADDRESS", value_parser = Setting(address_to_ask))]
    listen: ListenAddress,
}

/// Sends one request.
///
/// # Errors
/// No answer in time, or another answer than 200.
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

/// Asks for the status. Proxies are not used and redirects not followed, because another service would answer.
async fn ask(address: &ListenAddress) -> Result<StatusCode, String> {
    let unreached = |error| format!("no service can be reached at {address}: {error}; is it running there?");
    let (stream, host) = match address {
        ListenAddress::Tcp(address) => {
            let addresses: Vec<SocketAddr> = lookup_host(address).await.map_err(unreached)?.map(reachable).collect();
            (TcpStream::connect(&addresses[..]).await.map(Either::Left), address.as_str())
        }
        ListenAddress::Unix(path) => (UnixStream::connect(path).await.map(Either::Right), "localhost"),
    };
    let stream = stream.map_err(unreached)?;
    let broken = |error: hyper::Error| match error.source() {
        Some(cause) => format!("the service at {address} did not answer GET {PATH}: {error}: {cause}"),
        None => format!("the service at {address} did not answer GET {PATH}: {error}"),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // The request returns the errors of the connection, too.
    tokio::spawn(connection);
    let request = Request::get(PATH)
        .header(HOST, host)
        .header(USER_AGENT, "partbook-healthcheck")
        .header(CONNECTION, "close")
        .body(Body::empty())
        .map_err(|error| format!("{address} cannot be asked: {error}"))?;
    Ok(sender.send_request(request).await.map_err(broken)?.status())
}

/// The address at which this machine reaches a service that listens on `address`: the loopback for one that listens on
/// all addresses.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    address
}
