//! What connections come in on, over TCP or on a Unix socket.

use std::fmt;
use std::io;

use partbook_http::{Peer, Reach};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use super::socket_file::SocketFile;

/// A socket that connections come in on.
pub(crate) enum Listener {
    Tcp(TcpListener),
    /// With its file, if this process made it.
    Unix(UnixListener, #[expect(dead_code, reason = "held for its drop")] Option<SocketFile>),
}

/// A connection.
pub(super) type Stream = Either<TcpStream, UnixStream>;

/// Where a listener listens, as it is logged.
pub(crate) enum LocalAddress {
    Tcp(std::net::SocketAddr),
    /// The path, if it has one.
    Unix(String),
}

impl Listener {
    /// Accepts one connection, and says who opened it.
    pub(super) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // Answers are written whole, so waiting to fill packets would only delay them. It fails for a connection that is
                // gone, which the first read tells.
                let _ = stream.set_nodelay(true);
                Ok((Either::Left(stream), peer.into()))
            }
            Self::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                Ok((Either::Right(stream), Peer::Unix))
            }
        }
    }

    /// Where it listens.
    pub(super) fn local_address(&self) -> io::Result<LocalAddress> {
        Ok(match self {
            Self::Tcp(listener) => LocalAddress::Tcp(listener.local_addr()?),
            Self::Unix(listener, _) => {
                let address = listener.local_addr()?;
                let path = address.as_pathname().map(|path| path.display().to_string());
                LocalAddress::Unix(path.unwrap_or_default())
            }
        })
    }
}

impl LocalAddress {
    /// Who can reach it.
    pub(crate) fn reach(&self) -> Reach {
        match self {
            Self::Tcp(address) if address.ip().to_canonical().is_loopback() => Reach::Loopback,
            Self::Tcp(_) => Reach::Network,
            Self::Unix(_) => Reach::Socket,
        }
    }
}

impl fmt::Display for LocalAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(formatter, "http://{address}"),
            Self::Unix(path) => write!(formatter, "unix:{path}"),
        }
    }
}
