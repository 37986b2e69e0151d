//! A transaction that writes.

use std::sync::Arc;

use partbook_domain::Kind;
use sqlx::{Postgres, Sqlite};

use crate::codec::{BindValue, RowValues};
use crate::consistency::Consistency;
use crate::error::Error;
use crate::fetch;
use crate::lease::Lease;
use crate::observe::DatabaseTarget;
use crate::position::Position;
use crate::positioned::{OF_PRIMARY, ask};
use crate::pulse::heard_rows;
use crate::statement::Statement;

/// A transaction that writes. Dropped without [`Session::commit`], it is rolled back.
pub struct Session {
    pub(crate) transaction: AnyTransaction,
    pub(crate) target: Arc<DatabaseTarget>,
    /// Whether statements stay prepared.
    pub(crate) statement_cache: bool,
    /// Who wants to know where the transaction ended.
    pub(crate) consistency: Option<Arc<Consistency>>,
    pub(crate) has_failed: bool,
}

/// The transaction of one of the two drivers.
pub(crate) enum AnyTransaction {
    Postgres(Lease<Postgres>),
    Sqlite(Lease<Sqlite>),
}

impl Session {
    /// Runs a query.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rows(
        &mut self,
        statement: &Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
    ) -> Result<Vec<RowValues>, Error> {
        self.rows_up_to(usize::MAX, statement, values, kinds).await.map(|(rows, _)| rows)
    }

    /// Runs a query, and reads its rows until they take up so much memory, bytes; says whether these are all.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rows_up_to(
        &mut self,
        size: usize,
        statement: &Statement,
        values: Vec<BindValue>,
        kinds: &[Kind],
    ) -> Result<(Vec<RowValues>, bool), Error> {
        let (sql, keep) = (statement.sql.clone(), self.statement_cache);
        let observer = self.target.observe(statement);
        let rows = match &mut self.transaction {
            AnyTransaction::Postgres(transaction) => {
                heard_rows(transaction.watch(), fetch::postgres(&mut **transaction, sql, values, kinds, keep))
            }
            AnyTransaction::Sqlite(transaction) => fetch::sqlite(&mut **transaction, sql, values, kinds),
        };
        let rows = fetch::take_rows(size, observer.rows(rows)).await;
        self.has_failed |= rows.is_err();
        rows
    }

    /// Whether a statement has failed. PostgreSQL then makes nothing last, and does not say so when it is asked to.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// Runs a statement that answers no rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn execute(&mut self, statement: &Statement, values: Vec<BindValue>) -> Result<(), Error> {
        self.rows(statement, values, &[]).await.map(drop)
    }

    /// Gives up what was done, and waits until the locks are free: a session that is only dropped holds them for a while.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn rollback(mut self) -> Result<(), Error> {
        let observer = self.target.observe(&Statement::control("ROLLBACK", "rollback"));
        match &mut self.transaction {
            AnyTransaction::Postgres(transaction) => observer.run(transaction.rollback()).await,
            AnyTransaction::Sqlite(transaction) => observer.run(transaction.rollback()).await,
        }?;
        self.note_position().await;
        Ok(())
    }

    /// Makes what was done last.
    ///
    /// # Errors
    /// See [`Error`]. Only where it is [`Error::OutcomeUnknown`], it may have been made all the same.
    pub async fn commit(mut self) -> Result<(), Error> {
        let observer = self.target.observe(&Statement::control("COMMIT", "commit"));
        let committed = match &mut self.transaction {
            AnyTransaction::Postgres(transaction) => observer.run(transaction.commit()).await,
            AnyTransaction::Sqlite(transaction) => observer.run(transaction.commit()).await,
        };
        committed.map_err(Error::of_commit)?;
        self.note_position().await;
        Ok(())
    }

    /// Notes how far the server is, now that the transaction is over: what it has written before its commit does not count the
    /// commit. Where that cannot be told, the transaction is over all the same.
    async fn note_position(&mut self) {
        let (Some(consistency), AnyTransaction::Postgres(lease)) = (&self.consistency, &mut self.transaction) else {
            return;
        };
        let place = ask(lease, OF_PRIMARY).await.ok().flatten();
        let position = place.as_deref().and_then(Position::of_primary);
        consistency.note(position.unwrap_or(Position::UNKNOWN));
    }
}
