//! How the database encodes text.

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// How the database encodes text, as far as the statements need to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Every character is there.
    Unicode,
    /// The characters up to U+00FF are there, under their own numbers.
    Latin1,
    /// The database knows bytes alone (PostgreSQL's `SQL_ASCII`).
    Bytes,
    /// Only ASCII is known to be there.
    Other,
}

impl Encoding {
    /// The encoding of a PostgreSQL database, by its name.
    fn of_postgres(name: &str) -> Self {
        match name {
            "UTF8" => Self::Unicode,
            "LATIN1" => Self::Latin1,
            "SQL_ASCII" => Self::Bytes,
            _ => Self::Other,
        }
    }

    /// Whether a text may be stored; one that may not is found nowhere.
    #[must_use]
    pub fn may_hold(self, text: &str) -> bool {
        self != Self::Latin1 || text.chars().all(|character| character <= '\u{ff}')
    }
}

pub(super) async fn read(pool: &Pool) -> Result<Encoding, Error> {
    match pool.any() {
        AnyPool::Sqlite(_) => Ok(Encoding::Unicode),
        AnyPool::Postgres(_) => {
            let rows = pool.text_rows("select current_setting('server_encoding')").await?;
            Ok(Encoding::of_postgres(rows.first().and_then(|row| row[0].as_deref()).unwrap_or_default()))
        }
    }
}
