//! The addresses that the service listens on.

use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use nix::sys::socket::{getsockopt, sockopt::AcceptConn};
use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections wait in the kernel's queue.
const BACKLOG: u32 = 1024;

/// Whether the port of an address may be another process's, too.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sharing {
    None,
    /// The kernel gives each new connection to one of those that listen. What waits in the queue of one that ends is reset.
    WithOthersThatShare,
}

/// An address that this process holds, and on which it does not accept connections yet.
pub(crate) struct ReservedAddress {
    socket: Socket,
    /// The address as it was given, and the setting that gives it.
    address: String,
    setting: &'static str,
}

enum Socket {
    /// Bound by this process.
    Bound(TcpSocket),
    /// Handed over by a service manager, which has the kernel queue connections from one process to the next.
    Inherited(TcpListener),
}

impl ReservedAddress {
    /// The socket that a service manager hands over by the protocol of systemd (`sd_listen_fds`), if it does.
    ///
    /// # Errors
    /// One line: it is not one, or none that listens for connections over TCP.
    pub(crate) fn inherited(mut handed_over: ListenFd) -> Result<Option<Self>, String> {
        let count = handed_over.len();
        if count > 1 {
            return Err(format!("{count} sockets were handed over, and one is expected: one ListenStream in the unit"));
        }
        let fault = |error| format!("the socket that was handed over cannot be used: {error}");
        let Some(listener) = handed_over.take_tcp_listener(0).map_err(fault)? else { return Ok(None) };
        if !getsockopt(&listener, AcceptConn).is_ok_and(|listens| listens) {
            return Err(
                "the socket that was handed over does not listen: the unit of the socket has Accept=no".to_owned()
            );
        }
        listener.set_nonblocking(true).map_err(fault)?;
        let listener = TcpListener::from_std(listener).map_err(fault)?;
        Ok(Some(Self { socket: Socket::Inherited(listener), address: String::new(), setting: "" }))
    }

    /// Binds to `host:port`; port 0 is any free one. Messages name the setting.
    ///
    /// # Errors
    /// One line: the host is unknown, the address is in use or not allowed.
    pub(crate) async fn bind(address: &str, setting: &'static str, sharing: Sharing) -> Result<Self, String> {
        let mut outcome = Err(format!("cannot listen on {address}: the host has no address"));
        for found in lookup_host(address).await.map_err(|error| cannot_listen(address, setting, &error))? {
            match Self::bind_to(found, sharing) {
                Ok(socket) => {
                    return Ok(Self { socket: Socket::Bound(socket), address: address.to_owned(), setting });
                }
                Err(error) => outcome = Err(cannot_listen(address, setting, &error)),
            }
        }
        outcome
    }

    fn bind_to(address: SocketAddr, sharing: Sharing) -> io::Result<TcpSocket> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Without this, the port could not be bound again for a minute after a stop.
        socket.set_reuseaddr(true)?;
        socket.set_reuseport(sharing == Sharing::WithOthersThatShare)?;
        socket.bind(address)?;
        Ok(socket)
    }

    /// Starts to queue connections.
    ///
    /// # Errors
    /// One line: the operating system refuses, usually because another program was faster.
    pub(crate) fn listen(self) -> Result<TcpListener, String> {
        match self.socket {
            Socket::Bound(socket) => {
                socket.listen(BACKLOG).map_err(|error| cannot_listen(&self.address, self.setting, &error))
            }
            Socket::Inherited(listener) => Ok(listener),
        }
    }
}

fn cannot_listen(address: &str, setting: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {address}: another program listens there; choose another port with {setting}")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
