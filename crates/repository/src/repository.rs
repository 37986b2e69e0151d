//! The way in: every operation on the catalog, watched.
//!
//! Nothing outside this crate reaches an operation but through [`Repository`], and each of its methods says under which
//! name its spans and durations go. An operation that is forgotten here cannot be called.

use std::sync::Arc;

use partbook_domain::clock::Clock;
use partbook_domain::edit::EditMode;
use partbook_domain::precondition::Precondition;
use partbook_domain::query::ListQuery;
use partbook_domain::{Entity, Object, Refusal, Row};

use crate::idempotency::{Answer, IdempotencyKey};
use crate::list::Rows;
use crate::schema::StartError;
use crate::store::{Availability, CustomField, Store};
use crate::watch::{chore, operation, operation_of_rows};
use crate::{Error, Pool, PoolState};

/// The catalog's rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Repository(Store);

impl Repository {
    /// Opens the catalog on a database that [`crate::prepare`] has found in order.
    ///
    /// # Errors
    /// The database's own description could not be read.
    pub async fn open(pool: Pool, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        Store::open(pool, clock).await.map(Self)
    }

    /// One row.
    ///
    /// # Errors
    /// No such row, or the database is away.
    pub async fn get(&self, entity: &'static Entity, id: i64) -> Result<Row, Error> {
        operation("get", entity, self.0.get(entity, id)).await
    }

    /// The rows that a query asks for, at once.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&self, entity: &'static Entity, query: &ListQuery) -> Result<Vec<Row>, Error> {
        operation("list", entity, self.0.list(entity, query)).await
    }

    /// The rows that a query asks for, as they come from the database.
    ///
    /// The stream owns what it needs, and holds one connection until it ends or is dropped.
    #[must_use]
    pub fn stream(&self, entity: &'static Entity, query: &ListQuery) -> Rows {
        operation_of_rows("list", entity, self.0.stream(entity, query))
    }

    /// Whether rows follow after the page that a query asks for.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn has_more(&self, entity: &'static Entity, query: &ListQuery) -> Result<bool, Error> {
        operation("count", entity, self.0.has_more(entity, query)).await
    }

    /// How many rows a query asks for, its page aside.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count(&self, entity: &'static Entity, query: &ListQuery) -> Result<i64, Error> {
        operation("count", entity, self.0.count(entity, query)).await
    }

    /// Creates a row; where a natural key of several columns is known already, answers the row that has it, unchanged.
    ///
    /// # Errors
    /// The body breaks the rules, a name is taken, or the database is away.
    pub async fn create(&self, entity: &'static Entity, body: &Object) -> Result<Row, Error> {
        operation("create", entity, self.0.create(entity, body)).await
    }

    /// Creates a row as [`Self::create`] does, once: the same request gets the answer that the first one got, which
    /// `answer` makes of the row or of the refusal.
    ///
    /// # Errors
    /// The key is in use, or belongs to a request with another body; or the database is away.
    pub async fn create_once(
        &self,
        entity: &'static Entity,
        body: &Object,
        key: &IdempotencyKey,
        answer: impl Fn(Result<Row, Refusal>) -> Answer + Sync,
    ) -> Result<Answer, Error> {
        operation("create", entity, self.0.create_once(entity, body, key, &answer)).await
    }

    /// Whether this database has a place for the answers that [`Self::create_once`] keeps.
    #[must_use]
    pub fn keeps_answers(&self) -> bool {
        self.0.keeps_answers()
    }

    /// Forgets the kept answers that are older than [`crate::KEPT`].
    ///
    /// # Errors
    /// The database is away.
    pub async fn sweep(&self) -> Result<(), Error> {
        chore("sweep", self.0.sweep()).await
    }

    /// Changes a row as a body says, under the row's lock: concurrent changes of other fields are kept.
    ///
    /// # Errors
    /// No such row, the precondition does not hold, the body breaks the rules, a name is taken, or the database is away.
    pub async fn update(
        &self,
        entity: &'static Entity,
        id: i64,
        body: &Object,
        mode: EditMode,
        precondition: &Precondition,
    ) -> Result<Row, Error> {
        let name = match mode {
            EditMode::Replace => "update",
            EditMode::Merge(_) => "partial_update",
        };
        operation(name, entity, self.0.update(entity, id, body, mode, precondition)).await
    }

    /// Deletes a row that nothing uses.
    ///
    /// # Errors
    /// No such row; the precondition does not hold; the row is in use, or must stay; or the database is away.
    pub async fn delete(&self, entity: &'static Entity, id: i64, precondition: &Precondition) -> Result<(), Error> {
        let done = operation("delete", entity, self.0.delete(entity, id, precondition)).await;
        if let Err(Error::Refused(Refusal::InUse(_))) = done {
            metrics::counter!("partbook_deletes_refused_total", "entity" => entity.name).increment(1);
        }
        done
    }

    /// The listings that use a row, newest first, and one more than the limit when more follow.
    ///
    /// # Errors
    /// No such row; see [`Error`].
    pub async fn listings(&self, entity: &'static Entity, id: i64, limit: u32, offset: i64) -> Result<Rows, Error> {
        self.get(entity, id).await?;
        Ok(operation_of_rows("listings", entity, self.0.listings(entity, id, limit, offset)))
    }

    /// How many listings use a row.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_listings(&self, entity: &'static Entity, id: i64) -> Result<i64, Error> {
        operation("count_listings", entity, self.0.count_listings(entity, id)).await
    }

    /// The custom fields of an entity, in their display order; none on a schema without them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn custom_fields(&self, entity: &'static Entity) -> Result<Vec<CustomField>, Error> {
        operation("custom_fields", entity, self.0.custom_fields(entity)).await
    }

    /// How many rows each entity has.
    ///
    /// # Errors
    /// The database is away.
    pub async fn row_counts(&self) -> Result<Vec<(&'static Entity, i64)>, Error> {
        self.0.row_counts().await
    }

    /// Whether no entity has a row yet.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        self.0.is_empty().await
    }

    /// Asks the database for a sign of life; answers within two seconds.
    pub async fn availability(&self) -> Availability {
        self.0.availability().await
    }

    /// Whether every table and column that the statements name is still there.
    ///
    /// # Errors
    /// One is not, or the database is away.
    pub async fn check_schema(&self) -> Result<(), Error> {
        self.0.check_schema().await
    }

    /// How the connections are used now.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        self.0.connections().pool().state()
    }
}
