//! A pooler without a server, as `PgBouncer` 1.18 is one.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

pub(crate) const COMPLAINT: &str = "server login has been failing, try again later (server_login_retry)";

/// Sets it up, for connections without encryption.
pub(crate) async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = stream.read_u32().await.unwrap();
            stream.read_exact(&mut vec![0; length as usize - 4]).await.unwrap();
            let fields = format!("SFATAL\0VFATAL\0C08P01\0M{COMPLAINT}\0\0");
            stream.write_all(b"E").await.unwrap();
            stream.write_u32(u32::try_from(fields.len()).unwrap() + 4).await.unwrap();
            stream.write_all(fields.as_bytes()).await.unwrap();
        }
    });
    address
}
