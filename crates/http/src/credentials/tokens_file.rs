//! Tokens in a file of hashes, which is read again while it is used.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use partbook_domain::access::{TokenHash, TokenRecord, TokenRecords};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

/// How old what was read may be when it is used: a token that is taken out of the file is refused within a second.
const MAX_AGE: Duration = Duration::from_millis(500);

/// How many lines that hold no token are logged each time.
const MAX_LOGGED_FAULTS: usize = 10;

/// The greatest file, bytes.
const MAX_SIZE: u64 = 4 * 1024 * 1024;

/// A file of tokens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TokensFile {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Held by whoever reads the file: the others wait for what comes of it.
    reading: Mutex<()>,
}

/// What was in the file, and when.
#[derive(Debug)]
struct Snapshot {
    contents: Arc<Contents>,
    read_at: Instant,
}

#[derive(Debug)]
struct Contents {
    text: String,
    /// By the hash of what clients send. How long it takes to find one tells nothing about it: nobody can send a token whose
    /// hash begins as they choose.
    tokens: HashMap<TokenHash, Arc<TokenRecord>>,
}

impl TokensFile {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// One line: it cannot be read, or a line of it holds no token.
    pub fn open(path: &Path) -> Result<Self, String> {
        let text = read(path).map_err(|error| error.to_string())?;
        let records = TokenRecords::parse(&text);
        if let Some((line, fault)) = records.faults.first() {
            return Err(format!("line {line} holds no token: {fault}"));
        }
        let contents = Arc::new(Contents::of(text, records));
        let snapshot = RwLock::new(Arc::new(Snapshot { contents, read_at: Instant::now() }));
        Ok(Self { inner: Arc::new(Inner { path: path.to_owned(), snapshot, reading: Mutex::new(()) }) })
    }

    /// The token with this hash.
    ///
    /// # Errors
    /// The file cannot be read any more.
    pub(crate) async fn find(&self, hash: &TokenHash) -> Result<Option<Arc<TokenRecord>>, String> {
        Ok(self.inner.fresh().await?.contents.tokens.get(hash).cloned())
    }
}

impl Inner {
    fn last(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The file as it is now, or was a moment ago.
    async fn fresh(&self) -> Result<Arc<Snapshot>, String> {
        let last = self.last();
        if last.is_fresh() {
            return Ok(last);
        }
        let since = Instant::now();
        let _reading = self.reading.lock().await;
        let last = self.last();
        // It may have taken long to read.
        if last.is_fresh() || last.read_at >= since {
            return Ok(last);
        }
        let path = self.path.clone();
        // Before the file is read: what is written meanwhile may not be in it.
        let read_at = Instant::now();
        let text = spawn_blocking(move || read(&path)).await.map_err(|error| error.to_string())?;
        let text = text.map_err(|error| format!("{}: {error}", self.path.display()))?;
        let contents = if text == last.contents.text { last.contents.clone() } else { Arc::new(changed(text)) };
        let snapshot = Arc::new(Snapshot { contents, read_at });
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot.clone();
        Ok(snapshot)
    }
}

/// What a file has become.
fn changed(text: String) -> Contents {
    let records = TokenRecords::parse(&text);
    tracing::info!(tokens = records.records.len(), "tokens read again");
    for (line, fault) in records.faults.iter().take(MAX_LOGGED_FAULTS) {
        tracing::error!(line, %fault, "a line of the tokens file is passed over");
    }
    Contents::of(text, records)
}

impl Contents {
    fn of(text: String, records: TokenRecords) -> Self {
        let tokens = records.records.into_iter().map(|record| (record.hash, Arc::new(record))).collect();
        Self { text, tokens }
    }
}

impl Snapshot {
    fn is_fresh(&self) -> bool {
        self.read_at.elapsed() <= MAX_AGE
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MAX_SIZE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_SIZE {
        return Err(io::Error::other(format!("it is larger than {} MiB", MAX_SIZE / 1024 / 1024)));
    }
    Ok(text)
}
