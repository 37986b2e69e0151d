//! The addresses that the service listens on.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections wait in the kernel's queue.
const BACKLOG: u32 = 1024;

/// An address that this process holds, and on which it does not accept connections yet.
pub(crate) struct ReservedAddress {
    socket: TcpSocket,
    /// The address as it was given, and the setting that gives it.
    address: String,
    setting: &'static str,
}

impl ReservedAddress {
    /// Binds to `host:port`; port 0 is any free one. Messages name the setting.
    ///
    /// # Errors
    /// One line: the host is unknown, the address is in use or not allowed.
    pub(crate) async fn bind(address: &str, setting: &'static str) -> Result<Self, String> {
        let mut outcome = Err(format!("cannot listen on {address}: the host has no address"));
        for found in lookup_host(address).await.map_err(|error| cannot_listen(address, setting, &error))? {
            match Self::bind_to(found) {
                Ok(socket) => return Ok(Self { socket, address: address.to_owned(), setting }),
                Err(error) => outcome = Err(cannot_listen(address, setting, &error)),
            }
        }
        outcome
    }

    fn bind_to(address: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Without this, the port could not be bound again for a minute after a stop.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    }

    /// Starts to queue connections.
    ///
    /// # Errors
    /// One line: the operating system refuses, usually because another program was faster.
    pub(crate) fn listen(self) -> Result<TcpListener, String> {
        self.socket.listen(BACKLOG).map_err(|error| cannot_listen(&self.address, self.setting, &error))
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
