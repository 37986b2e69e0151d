//! A set of points between the service and PostgreSQL servers: it leads new connections to one server, and cuts one at a
//! statement.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the server gets the statement.
    Before(&'static str),
    /// After the server has answered it, before the service hears of that.
    After(&'static str),
}

/// The points, on a port of their own.
#[derive(Debug)]
pub struct Points {
    address: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Where new connections are led.
    server: String,
    /// Where the next connection that comes to it is cut, if it has carried another text since.
    cut: Option<(&'static str, Cut)>,
    /// How many connections there have been.
    accepted: usize,
}

impl Points {
    /// Sets them up, on the test's own runtime.
    ///
    /// # Panics
    /// There is no port.
    pub async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(Mutex::new(State { server: server.to_owned(), cut: None, accepted: 0 }));
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = change(&shared, |state| {
                    state.accepted += 1;
                    state.server.clone()
                });
                tokio::spawn(carry(client, server, shared.clone()));
            }
        });
        Self { address, state }
    }

    /// Where they are.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How many connections there have been.
    pub fn accepted(&self) -> usize {
        change(&self.state, |state| state.accepted)
    }

    /// Leads new connections to another server, and leaves the old ones where they are.
    pub fn lead_to(&self, server: &str) {
        change(&self.state, |state| server.clone_into(&mut state.server));
    }

    /// Cuts the first connection that comes to a statement, once it has carried a text: of transactions, only those that are meant.
    pub fn cut(&self, carried: &'static str, cut: Cut) {
        change(&self.state, |state| state.cut = Some((carried, cut)));
    }
}

fn change<T>(state: &Mutex<State>, change: impl FnOnce(&mut State) -> T) -> T {
    change(&mut state.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Carries bytes both ways until one side ends, or it is time to cut.
async fn carry(mut client: TcpStream, server: String, state: Arc<Mutex<State>>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (mut sent, mut answered) = (vec![0; 65536], vec![0; 65536]);
    let (mut is_cut, mut carried) = (false, "");
    loop {
        tokio::select! {
            read = client.read(&mut sent) => {
                let Ok(length @ 1..) = read else { return };
                let bytes = &sent[..length];
                let holds = |text: &str| !text.is_empty() && bytes.windows(text.len()).any(|window| window == text.as_bytes());
                let cut = change(&state, |state| {
                    if let Some((text, _)) = state.cut.filter(|(text, _)| holds(text)) {
                        carried = text;
                    }
                    let cut = state.cut.take_if(|(text, Cut::Before(at) | Cut::After(at))| {
                        (text.is_empty() || *text == carried) && holds(at)
                    });
                    cut.map(|(_, cut)| cut)
                });
                match cut {
                    Some(Cut::Before(_)) => return,
                    Some(Cut::After(_)) => is_cut = true,
                    None => {}
                }
                if server.write_all(bytes).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                if is_cut || client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
