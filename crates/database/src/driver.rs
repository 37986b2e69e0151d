//! What the pool and the transactions need to know of one of the two drivers.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Postgres, SqlStr, Sqlite, raw_sql};

use crate::connect::open::{Opener, Peer};

/// A connection that was opened, and who is at its other end.
pub(crate) type Opened<DB> = Result<(<DB as sqlx::Database>::Connection, Option<Arc<Peer>>), sqlx::Error>;

/// One of the two drivers.
pub(crate) trait Driver: sqlx::Database {
    /// Whether a `begin` that the database refused may have begun a transaction.
    const MAY_HAVE_BEGUN: bool;

    /// What opens connections.
    type Opener: Debug + Send + Sync + 'static;

    /// Opens a connection, and says who is at its other end, if that is another program.
    fn open(opener: &Self::Opener) -> BoxFuture<'_, Opened<Self>>;

    /// Executes a statement that answers nothing.
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>>;
}

impl Driver for Postgres {
    /// It comes with a setting, which may be what is refused.
    const MAY_HAVE_BEGUN: bool = true;

    type Opener = Opener;

    fn open(opener: &Opener) -> BoxFuture<'_, Opened<Self>> {
        Box::pin(async { opener.open().await.map(|(connection, peer)| (connection, Some(Arc::new(peer)))) })
    }

    #[expect(clippy::disallowed_methods, reason = "the control of transactions")]
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async { raw_sql(sql).execute(connection).await.map(drop) })
    }
}

impl Driver for Sqlite {
    const MAY_HAVE_BEGUN: bool = false;

    type Opener = SqliteConnectOptions;

    fn open(options: &SqliteConnectOptions) -> BoxFuture<'_, Opened<Self>> {
        Box::pin(async { options.connect().await.map(|connection| (connection, None)) })
    }

    #[expect(clippy::disallowed_methods, reason = "the control of transactions")]
    fn run(connection: &mut Self::Connection, sql: SqlStr) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async { raw_sql(sql).execute(connection).await.map(drop) })
    }
}
