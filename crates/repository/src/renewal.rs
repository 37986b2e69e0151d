//! Connections that are of no use any more though the database is there, and are replaced.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use sqlx::pool::PoolConnectionMetadata;

use crate::Error;

/// Which connections may still be used. Cloning shares it.
///
/// A connection remembers what the database was like: `PostgreSQL` refuses a statement that was prepared before another
/// program changed the type of a column, SQLite writes nothing to a file that was not writable when it was opened. No later
/// request would do better on such a connection, and there may be more of its kind.
#[derive(Clone, Debug, Default)]
pub struct Renewal(Arc<Mutex<Option<Instant>>>);

impl Renewal {
    /// Has all the connections replaced that are open now, when that is what an error asks for.
    pub(crate) fn note(&self, error: &Error) {
        if error.outlives_its_cause() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Whether a connection was opened after the last such error.
    pub(crate) fn accepts(&self, connection: &PoolConnectionMetadata) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| last.elapsed() > connection.age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Pool, PoolSettings};
    use crate::session::Connections;
    use crate::temporary::Directory;

    #[tokio::test]
    async fn a_connection_that_cannot_write_is_replaced() {
        let directory = Directory::new();
        let settings = PoolSettings { size: 1, ..PoolSettings::default() };
        let pool = Pool::connect(&directory.url(), &settings).await.unwrap();
        let Pool::Sqlite(sqlite, _) = &pool else { panic!("not SQLite") };
        sqlx::raw_sql("create table t (n integer)").execute(sqlite).await.unwrap();
        // What a connection answers, too, that was opened while the file could not be written.
        sqlx::raw_sql("pragma query_only = on").execute(sqlite).await.unwrap();
        let connections = Connections::new(pool.clone());
        let write = async || {
            let mut session = connections.begin().await?;
            session.execute("insert into t values (1)", Vec::new()).await?;
            session.commit().await
        };
        assert!(matches!(write().await, Err(Error::Unavailable(_))));
        write().await.unwrap();
    }
}
