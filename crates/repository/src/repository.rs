//! The way in: every operation on the catalog, under the name that its spans and durations go by.
//!
//! Nothing outside this crate reaches an operation but through [`Repository`]: one that is forgotten here cannot be called.

use std::collections::HashMap;
use std::sync::Arc;

use partbook_database::{Consistency, PoolState, Prepared, Replicas};
use partbook_domain::clock::Clock;
use partbook_domain::edit::EditMode;
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::query::{FieldsQuery, ListQuery, PageQuery};
use partbook_domain::{Entity, FieldUsage, Refusal, Row, Vocabulary};

use crate::context::{Context, RepositoryLimits};
use crate::error::Error;
use crate::idempotency::{IdempotencyKey, StoredResponse, StoredTotal, create_once, retention};
use crate::observe::{background_task, operation, operation_of_rows};
use crate::read::custom_fields;
use crate::read::health::{self, Availability, WritesRefused};
use crate::read::list::{self, Page};
use crate::read::{count, row, usage};
use crate::write::custom_field::RemoveField;
use crate::write::group::Writes;
use crate::write::request::{Create, Delete, Update, Written};
use crate::write::transact;

/// The catalog's rows. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Repository {
    context: Arc<Context>,
    /// The same, for reads that a replica may answer.
    reads: Arc<Context>,
    writes: Arc<Writes>,
}

impl Repository {
    /// The catalog on a database that was found in order.
    #[must_use]
    pub fn open(prepared: Prepared, clock: Arc<dyn Clock>, limits: RepositoryLimits) -> Self {
        Self::open_with_replicas(prepared, None, clock, limits)
    }

    /// The same, with servers that may answer reads.
    #[must_use]
    pub fn open_with_replicas(
        prepared: Prepared,
        replicas: Option<Replicas>,
        clock: Arc<dyn Clock>,
        limits: RepositoryLimits,
    ) -> Self {
        let context = Arc::new(Context::new(prepared, replicas, clock, limits));
        Self { reads: context.clone(), writes: Arc::new(Writes::new(context.dialect)), context }
    }

    /// The servers that may answer reads, where there are any.
    #[must_use]
    pub fn replicas(&self) -> Option<&Replicas> {
        self.context.database.replicas()
    }

    /// The same for one request: what it sees is noted, and it sees nothing older than it must. Reads may go to replicas; changes,
    /// and whatever they rest on, do not.
    #[must_use]
    pub fn within(&self, consistency: &Arc<Consistency>) -> Self {
        let within = |reads_replicas| Arc::new(self.context.within(consistency.clone(), reads_replicas));
        Self { context: within(false), reads: within(true), writes: self.writes.clone() }
    }

    /// The words that this database can store.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.context.vocabulary
    }

    /// One row.
    ///
    /// # Errors
    /// No such row, or the database is away.
    pub async fn get(&self, entity: &'static Entity, id: i64) -> Result<Row, Error> {
        operation("get", entity, row::get(&self.reads, entity, id)).await
    }

    /// The rows that a query asks for: a page, or all of them. Those of a page know whether more follow, without a second
    /// question.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&self, entity: &'static Entity, query: &ListQuery) -> Result<Page, Error> {
        let rows = operation_of_rows("list", entity, list::list(&self.reads, entity, query));
        Page::open(rows).await
    }

    /// How many rows a query asks for, its page aside.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count(&self, entity: &'static Entity, query: &ListQuery) -> Result<i64, Error> {
        operation("count", entity, count::count(&self.reads, entity, query)).await
    }

    /// Creates a row; where a natural key of several columns is known already, answers the row that has it, unchanged.
    ///
    /// # Errors
    /// The body breaks the rules, a name is taken, or the database is away.
    pub async fn create(&self, request: Create) -> Result<Written, Error> {
        operation("create", request.entity, self.writes.create(&self.context, request)).await
    }

    /// Creates a row as [`Self::create`] does, once: the same request gets the response that the first one got.
    ///
    /// # Errors
    /// The key is in use, or belongs to a request with another body; or the database is away.
    pub async fn create_once(&self, request: Create, key: IdempotencyKey) -> Result<StoredResponse, Error> {
        operation("create", request.entity, create_once::create_once(&self.context, request, key)).await
    }

    /// Whether this database has a place for the responses that [`Self::create_once`] stores.
    #[must_use]
    pub fn supports_idempotency(&self) -> bool {
        self.context.supports_idempotency()
    }

    /// Deletes the stored responses that are older than [`crate::RETENTION`], and the oldest of those that are too many.
    ///
    /// # Errors
    /// The database is away.
    pub async fn delete_expired(&self) -> Result<(), Error> {
        background_task("delete_expired", retention::delete_expired(&self.context)).await
    }

    /// How much is stored for idempotency keys.
    ///
    /// # Errors
    /// The database is away.
    pub async fn stored_total(&self) -> Result<StoredTotal, Error> {
        retention::stored_total(&self.context).await
    }

    /// Changes a row as a body says, under the row's lock: concurrent changes of other fields are kept.
    ///
    /// # Errors
    /// No such row, the precondition does not hold, the body breaks the rules, a name is taken, or the database is away.
    pub async fn update(&self, request: Update) -> Result<Written, Error> {
        let name = match request.mode {
            EditMode::Replace => "update",
            EditMode::Merge(_) => "partial_update",
        };
        operation(name, request.entity, self.writes.update(&self.context, request)).await
    }

    /// Deletes a row that nothing uses.
    ///
    /// # Errors
    /// No such row; the precondition does not hold; the row is in use, or must stay; or the database is away.
    pub async fn delete(&self, request: Delete) -> Result<(), Error> {
        let done = operation("delete", request.entity, transact(&self.context, &request)).await;
        if let Err(Error::Refused(Refusal::InUse(_))) = done {
            metrics::counter!("partbook_deletes_refused_total", "entity" => request.entity.name).increment(1);
        }
        done
    }

    /// A page of the listings that use a row, newest first.
    ///
    /// # Errors
    /// No such row; see [`Error`].
    pub async fn listings(&self, entity: &'static Entity, id: i64, page: &PageQuery) -> Result<Page, Error> {
        self.get(entity, id).await?;
        let rows = operation_of_rows("listings", entity, usage::listings(&self.reads, entity, id, page));
        Page::open(rows).await
    }

    /// How many listings use a row.
    ///
    /// # Errors
    /// The database is away.
    pub async fn count_listings(&self, entity: &'static Entity, id: i64) -> Result<i64, Error> {
        operation("count_listings", entity, usage::count_listings(&self.reads, entity, id)).await
    }

    /// Whether this database has a table for the definitions of custom fields.
    #[must_use]
    pub fn supports_custom_fields(&self) -> bool {
        self.context.has_custom_fields
    }

    /// The definitions of custom fields that a query asks for; none on a schema without them.
    ///
    /// # Errors
    /// The database is away.
    pub async fn list_custom_fields(&self, query: &FieldsQuery) -> Result<Page, Error> {
        Page::open(operation_of_rows("list", &CUSTOM_FIELD, custom_fields::list(&self.reads, query))).await
    }

    /// How many rows have a value of each custom field, by the field's id; none for one that no row uses.
    ///
    /// # Errors
    /// The database is away.
    pub async fn custom_field_counts(&self) -> Result<HashMap<i64, i64>, Error> {
        operation("usage", &CUSTOM_FIELD, custom_fields::counts(&self.reads)).await
    }

    /// Deletes a custom field, and answers how much it was used; the database must have a table of them.
    ///
    /// # Errors
    /// No such field, the precondition does not hold, rows have values of it, or the database is away.
    pub async fn remove_custom_field(&self, request: RemoveField) -> Result<FieldUsage, Error> {
        operation("delete", &CUSTOM_FIELD, transact(&self.context, &request)).await
    }

    /// How many rows each entity has.
    ///
    /// # Errors
    /// The database is away.
    pub async fn row_counts(&self) -> Result<Vec<(&'static Entity, i64)>, Error> {
        count::row_counts(&self.context).await
    }

    /// Whether no entity has a row yet.
    ///
    /// # Errors
    /// The database is away.
    pub async fn is_empty(&self) -> Result<bool, Error> {
        count::is_empty(&self.context).await
    }

    /// Asks the database for a sign of life; answers within two seconds.
    pub async fn availability(&self) -> Availability {
        health::availability(&self.context).await
    }

    /// Whether every table and column that the statements name is still there.
    ///
    /// # Errors
    /// One is not, or the database is away.
    pub async fn check_schema(&self) -> Result<(), Error> {
        health::check_schema(&self.context).await
    }

    /// Why the database takes no writes: a primary that has become a standby, or a role that may only read. None where it
    /// takes them, and where this process sends none.
    ///
    /// # Errors
    /// The database is away.
    pub async fn writes_refused(&self) -> Result<Option<WritesRefused>, Error> {
        health::writes_refused(&self.context).await
    }

    /// How the connections are used now.
    #[must_use]
    pub fn pool_state(&self) -> PoolState {
        self.context.database.pool().state()
    }
}
