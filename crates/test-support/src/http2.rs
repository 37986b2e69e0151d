//! An HTTP/2 client that takes of each answer as much as a test wants.

use axum::body::Bytes;
use axum::http::{Request, StatusCode};
use h2::RecvStream;
use h2::client::{Builder, SendRequest};
use tokio::net::TcpStream;

/// What one connection may bring in all: more than any test asks for, so that its streams do not wait for each other.
const CONNECTION_WINDOW: u32 = 1 << 30;

/// A connection. Pings are answered as long as the test runs.
#[derive(Clone, Debug)]
pub struct Http2(SendRequest<Bytes>);

/// An answer that has begun. What is not asked for is not taken, up to the window of its stream.
#[derive(Debug)]
pub struct Begun {
    /// Its status.
    pub status: StatusCode,
    body: RecvStream,
}

impl Http2 {
    /// Connects to `http://HOST:PORT`. The service may send `window` bytes of each answer before the test takes any.
    ///
    /// # Panics
    /// There is no connecting.
    pub async fn connect(address: &str, window: u32) -> Self {
        let stream = TcpStream::connect(address.trim_start_matches("http://")).await.expect("a connection");
        let mut builder = Builder::new();
        builder.initial_window_size(window).initial_connection_window_size(CONNECTION_WINDOW);
        let (sender, connection) = builder.handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    /// Asks, and waits for the beginning of the answer.
    ///
    /// # Errors
    /// The service resets the stream, or closes the connection.
    pub async fn get(&self, path: &str) -> Result<Begun, h2::Error> {
        let request = Request::get(format!("http://localhost{path}")).body(()).expect("a request");
        let (answer, _) = self.0.clone().ready().await?.send_request(request, true)?;
        let (parts, body) = answer.await?.into_parts();
        Ok(Begun { status: parts.status, body })
    }
}

impl Begun {
    /// Takes the rest.
    ///
    /// # Errors
    /// The service resets the stream, or closes the connection.
    pub async fn rest(mut self) -> Result<Vec<u8>, h2::Error> {
        let mut taken = Vec::new();
        while let Some(bytes) = self.body.data().await {
            let bytes = bytes?;
            self.body.flow_control().release_capacity(bytes.len())?;
            taken.extend_from_slice(&bytes);
        }
        Ok(taken)
    }

    /// Waits for the end without taking anything: the error is the service's doing.
    pub async fn ended(mut self) -> Option<h2::Error> {
        while let Some(bytes) = self.body.data().await {
            if let Err(error) = bytes {
                return Some(error);
            }
        }
        None
    }
}
