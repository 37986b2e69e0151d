//! The addresses that the service listens on.

use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use nix::sys::socket::{getsockopt, sockopt::AcceptConn};
use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixSocket, lookup_host};

use super::listen_address::ListenAddress;
use super::socket::{Listener, LocalAddress};
use super::socket_file::{SocketAccess, SocketFile};

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
    Tcp(TcpSocket),
    Unix(UnixSocket, SocketFile),
    /// Handed over by a service manager, which has the kernel queue connections from one process to the next.
    Inherited(Listener),
}

impl ReservedAddress {
    /// The socket that a service manager hands over by the protocol of systemd (`sd_listen_fds`), if it does.
    ///
    /// # Errors
    /// One line: it is not one, or none that listens for connections over TCP or on a Unix socket.
    pub(crate) fn inherited(mut handed_over: ListenFd) -> Result<Option<Self>, String> {
        let count = handed_over.len();
        if count > 1 {
            return Err(format!("{count} sockets were handed over, and one is expected: one ListenStream in the unit"));
        }
        let fault = |error| format!("the socket that was handed over cannot be used: {error}");
        // One that is of neither kind is said to be no socket of TCP.
        let listener = match handed_over.take_tcp_listener(0) {
            Ok(None) => return Ok(None),
            Ok(Some(listener)) => {
                check_listens(getsockopt(&listener, AcceptConn))?;
                listener.set_nonblocking(true).map_err(fault)?;
                Listener::Tcp(TcpListener::from_std(listener).map_err(fault)?)
            }
            Err(error) => {
                let Ok(Some(listener)) = handed_over.take_unix_listener(0) else { return Err(fault(error)) };
                check_listens(getsockopt(&listener, AcceptConn))?;
                listener.set_nonblocking(true).map_err(fault)?;
                Listener::Unix(UnixListener::from_std(listener).map_err(fault)?, None)
            }
        };
        Ok(Some(Self { socket: Socket::Inherited(listener), address: String::new(), setting: "" }))
    }

    /// Binds to `host:port`, of which port 0 is any free one, or makes the file of a Unix socket. Messages name the setting.
    ///
    /// # Errors
    /// One line: the host is unknown, the address is in use or not allowed.
    pub(crate) async fn bind(
        address: &ListenAddress,
        setting: &'static str,
        sharing: Sharing,
        access: SocketAccess,
    ) -> Result<Self, String> {
        let socket = match address {
            ListenAddress::Tcp(address) => Socket::Tcp(bind_tcp(address, setting, sharing).await?),
            ListenAddress::Unix(path) => {
                let bound = SocketFile::bind(path, access).await;
                let (socket, file) = bound.map_err(|fault| format!("cannot listen on {address}: {fault}"))?;
                Socket::Unix(socket, file)
            }
        };
        Ok(Self { socket, address: address.to_string(), setting })
    }

    /// The address that is held, with the port that was free.
    ///
    /// # Errors
    /// One line: the operating system does not tell.
    pub(crate) fn local_address(&self) -> Result<LocalAddress, String> {
        let local = match &self.socket {
            Socket::Tcp(socket) => socket.local_addr().map(LocalAddress::Tcp),
            Socket::Unix(_, file) => Ok(LocalAddress::Unix(file.path().display().to_string())),
            Socket::Inherited(listener) => listener.local_address(),
        };
        local.map_err(|error| format!("the address of the socket is not known: {error}"))
    }

    /// Starts to queue connections.
    ///
    /// # Errors
    /// One line: the operating system refuses, usually because another program was faster.
    pub(crate) fn listen(self) -> Result<Listener, String> {
        let Self { socket, address, setting } = self;
        match socket {
            Socket::Tcp(socket) => socket.listen(BACKLOG).map(Listener::Tcp),
            Socket::Unix(socket, file) => socket.listen(BACKLOG).map(|listener| Listener::Unix(listener, Some(file))),
            Socket::Inherited(listener) => Ok(listener),
        }
        .map_err(|error| cannot_listen(&address, setting, &error))
    }
}

fn check_listens(listens: nix::Result<bool>) -> Result<(), String> {
    if listens.is_ok_and(|listens| listens) {
        Ok(())
    } else {
        Err("the socket that was handed over does not listen: the unit of the socket has Accept=no".to_owned())
    }
}

async fn bind_tcp(address: &str, setting: &str, sharing: Sharing) -> Result<TcpSocket, String> {
    let mut outcome = Err(format!("cannot listen on {address}: the host has no address"));
    for found in lookup_host(address).await.map_err(|error| cannot_listen(address, setting, &error))? {
        match bind_to(found, sharing) {
            Ok(socket) => return Ok(socket),
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

fn cannot_listen(address: &str, setting: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {address}: another program listens there; choose another port with {setting}")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
