//! A relay between the service and PostgreSQL, which can forget the connections that it has, as a firewall does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::Database;

/// A relay to the server of a database.
#[derive(Debug)]
pub struct Relay {
    url: Url,
    /// How many connections there have been.
    accepted: Arc<AtomicUsize>,
    /// How many of them, the first ones, are forgotten.
    forgotten: Arc<AtomicUsize>,
}

impl Relay {
    /// Starts one, on the test's own runtime.
    ///
    /// # Panics
    /// There is no port.
    pub async fn to(database: &Database) -> Self {
        let mut url = Url::parse(&database.url()).expect("a URL");
        let server = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
        let relay = Self { url, accepted: Arc::default(), forgotten: Arc::default() };
        let (accepted, forgotten) = (relay.accepted.clone(), relay.forgotten.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = TcpStream::connect(&server).await.expect("a server").into_split();
                tokio::spawn(carry(from_client, to_server, number, forgotten.clone()));
                tokio::spawn(carry(from_server, to_client, number, forgotten.clone()));
            }
        });
        relay
    }

    /// The database by way of the relay.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Carries no byte of the connections that there are from now on, and tells neither side.
    pub fn forget(&self) {
        self.forgotten.store(self.accepted(), Ordering::SeqCst);
    }
}

/// Carries bytes one way until one side ends; those of a forgotten connection get lost, its end included.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: usize, forgotten: Arc<AtomicUsize>) {
    let mut bytes = vec![0; 8192];
    loop {
        let read = from.read(&mut bytes).await;
        if number < forgotten.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        match read {
            Ok(length) if length > 0 && to.write_all(&bytes[..length]).await.is_ok() => {}
            _ => return,
        }
    }
}
