//! The addresses that the service listens on.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections wait in the kernel's queue.
const BACKLOG: u32 = 1024;

/// An address that is ours, on which nobody is let in yet.
pub(crate) struct ReservedAddress {
    socket: TcpSocket,
    /// As it was asked for.
    address: String,
}

impl ReservedAddress {
    /// Takes `host:port`; port 0 is any free one.
    ///
    /// # Errors
    /// One line: the host is unknown, the address is in use or not allowed.
    pub(crate) async fn bind(address: &str) -> Result<Self, String> {
        let mut outcome = Err(format!("cannot listen on {address}: the host has no address"));
        for found in lookup_host(address).await.map_err(|error| no_listening(address, &error))? {
            match Self::bind_to(found) {
                Ok(socket) => return Ok(Self { socket, address: address.to_owned() }),
                Err(error) => outcome = Err(no_listening(address, &error)),
            }
        }
        outcome
    }

    fn bind_to(address: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Else the port could not be taken for a minute after a stop.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    }

    /// Lets clients in.
    ///
    /// # Errors
    /// One line: the operating system refuses; mostly because another program was faster.
    pub(crate) fn listen(self) -> Result<TcpListener, String> {
        self.socket.listen(BACKLOG).map_err(|error| no_listening(&self.address, &error))
    }
}

fn no_listening(address: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("cannot listen on {address}: another program listens there already; choose another port")
        }
        _ => format!("cannot listen on {address}: {error}"),
    }
}
