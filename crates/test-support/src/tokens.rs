//! Tokens of tests, and the files that they are in.

use std::path::PathBuf;

use partbook_domain::access::Token;
use tempfile::TempDir;

use crate::scratch;

/// The secret of a token that a test calls so: the same each time.
pub fn secret(name: &str) -> String {
    let mut bits = [0x5a; 32];
    for (bit, byte) in bits.iter_mut().zip(name.bytes()) {
        *bit = byte;
    }
    Token::of_random(&bits).reveal().to_owned()
}

/// A file of tokens. It is gone when this is.
#[derive(Debug)]
pub struct Tokens {
    directory: TempDir,
}

impl Tokens {
    /// A file with tokens: of each its name, and what its line says beside the hash, such as `scope=read`.
    pub fn of(tokens: &[(&str, &str)]) -> Self {
        let tokens_file = Self { directory: scratch::temporary("tokens-") };
        tokens_file.write(tokens);
        tokens_file
    }

    /// Replaces what is in the file.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&self, tokens: &[(&str, &str)]) {
        let line = |(name, members): &(&str, &str)| {
            let hash = Token::parse(&secret(name)).expect("a token").hash();
            format!("{name} {members} sha256={hash}\n")
        };
        let text: String = tokens.iter().map(line).collect();
        // At once: a service may be reading.
        let new = self.directory.path().join("new");
        std::fs::write(&new, text).expect("a file of tokens");
        std::fs::rename(new, self.path()).expect("a file of tokens");
    }

    /// Where it is.
    pub fn path(&self) -> PathBuf {
        self.directory.path().join("tokens")
    }
}
