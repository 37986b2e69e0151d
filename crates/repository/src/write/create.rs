//! Creating a row, or finding the one that is the same thing already.

use partbook_database::{BindValue, Error as DatabaseError, Session, Violation, first_int};
use partbook_domain::edit::{self, Draft};
use partbook_domain::{Entity, FieldErrors, Identity, Kind, Refusal, Row, Value};

use super::Write;
use super::apply::{apply, as_stored};
use super::children::write_children;
use super::default_flag::{RowWrite, move_flag};
use super::encoding::{Given, given_for_new};
use super::ids::advance_ids;
use super::natural_key::{duplicate, find};
use super::references::missing_references;
use super::request::{Create, Reading, Written};
use crate::compute::compute;
use crate::context::Context;
use crate::error::Error;
use crate::read::row::row_of;

/// A row to be, and where its name was given.
pub(crate) struct NewRow {
    pub(crate) entity: &'static Entity,
    pub(crate) draft: Draft,
    pub(crate) reading: Reading,
}

impl NewRow {
    /// Reads the body.
    ///
    /// # Errors
    /// The body has another shape.
    pub(crate) fn read(context: &Context, create: Create) -> Result<Self, Error> {
        let Create { entity, body, representation, strict, .. } = create;
        compute(body.text_length(), || {
            let reading = Reading::new(entity, &body, representation, strict);
            let members = representation.read_new(entity, body).map_err(Refusal::Invalid)?;
            Ok(Self { entity, draft: edit::create(entity, &members, &context.vocabulary), reading })
        })
    }

    /// Refuses what is known to be wrong before the database is asked.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        // What points nowhere can be told only by the database.
        if self.entity.references.is_empty() { self.reading.check(self.draft.errors.clone()) } else { Ok(()) }
    }

    /// Creates the row in a transaction that holds the entity's lock, where it needs one; or answers the one with its natural
    /// key.
    pub(crate) async fn insert(&self, context: &Context, session: &mut Session) -> Result<Written, Error> {
        let known = self.judge(context, session).await?;
        let placed = |error| self.reading.placed_error(error);
        let (row, is_existing) = match known {
            Some(row) => known_row(context, session, row, &self.draft).await.map_err(placed)?,
            None => (self.write(context, session).await.map_err(placed)?, false),
        };
        Ok(Written { is_existing, ..Written::of(&row, self.reading.representation) })
    }

    /// Refuses what is wrong, before anything is written; the row that has its key of several columns already.
    pub(super) async fn judge(&self, context: &Context, session: &mut Session) -> Result<Option<Row>, Error> {
        let Self { entity, draft, reading } = self;
        let mut errors = draft.errors.clone();
        errors.extend(missing_references(session, entity, draft).await?);
        reading.check(errors)?;
        let statements = context.statements(entity);
        // First, and not only by the violation: a refused row would use up an id on PostgreSQL.
        let Some(id) = find(statements, session, &draft.values).await? else { return Ok(None) };
        if entity.identity == Identity::Name {
            return Err(reading.placed(duplicate(entity, &draft.values)).into());
        }
        match row_of(statements, session, &statements.get, id).await {
            // Another program has deleted it since.
            Err(Error::Refused(Refusal::NotFound { .. })) => Ok(None),
            row => row.map(Some),
        }
    }

    /// Writes the row.
    pub(super) async fn write(&self, context: &Context, session: &mut Session) -> Result<Row, Error> {
        let Self { entity, draft, .. } = self;
        let (statements, now) = (context.statements(entity), context.clock.now());
        let columns = entity.columns().map(|(index, field)| (field.kind, draft.values[index].clone()));
        let mut values: Vec<BindValue> = columns.collect();
        values.extend([(Kind::Time, Value::Time(now)), (Kind::Time, Value::Time(now))]);
        let rows = session.rows(&statements.insert, values, statements.returned_kinds()).await?;
        let id = first_int(&rows).ok_or_else(DatabaseError::no_row)?;
        let write = RowWrite { entity, id, stored: None, draft, now };
        move_flag(session, &write).await?;
        write_children(context.dialect, session, &write).await?;
        as_stored(statements, session, id, rows).await
    }
}

impl Write for NewRow {
    type Done = Written;

    /// An index keeps equal names apart, without those who create other rows waiting for a commit that is not theirs.
    fn locks(&self, context: &Context) -> Option<&'static Entity> {
        let is_guarded = self.entity.identity == Identity::Name && context.keys(self.entity).guard_the_natural_key();
        Some(self.entity).filter(|entity| entity.needs_lock() || (entity.has_natural_key() && !is_guarded))
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<Written, Error> {
        self.insert(context, session).await
    }

    fn given(&self) -> Vec<Given> {
        given_for_new(self.entity, &self.draft)
    }

    fn placed(&self, refusal: Refusal) -> Refusal {
        self.reading.placed(refusal)
    }

    /// A key that is taken is found at the next attempt.
    async fn explain(&self, context: &Context, violation: &Violation) -> Result<Option<Refusal>, Error> {
        advance_ids(context, self.entity, violation).await?;
        Ok(None)
    }
}

/// What comes of a row that is there already under the natural key of a new one, and whether it is as it was before.
async fn known_row(context: &Context, session: &mut Session, row: Row, draft: &Draft) -> Result<(Row, bool), Error> {
    let entity = row.entity;
    if !matches!(entity.identity, Identity::Unique(_)) {
        return Ok((row, true));
    }
    let is_deleted = entity.deletion_time.and_then(|time| row.value(time)).is_some_and(|time| !time.is_null());
    if !is_deleted {
        return Err(Refusal::taken(entity, &draft.values).into());
    }
    let changed = row.values.iter().zip(&draft.values).map(|(stored, new)| !stored.same(new)).collect();
    let restored =
        Draft { values: draft.values.clone(), changed, present: draft.present.clone(), errors: FieldErrors::default() };
    Ok((apply(context, session, row, restored).await?, false))
}
