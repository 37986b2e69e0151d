//! Changing a row under its lock, so that concurrent changes of other fields are kept.

use partbook_database::{Session, Violation, int};
use partbook_domain::edit::{self, Draft, EditMode};
use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, FieldErrors, Kind, Object, Refusal, Row};

use super::Write;
use super::apply::apply;
use super::encoding::{Given, given_for_change};
use super::references::missing_references;
use super::request::{Reading, Update, Written};
use crate::compute::compute;
use crate::context::Context;
use crate::error::Error;
use crate::read::row::row_of;
use crate::statements::Statements;

/// A change of a row whose body has been read.
pub(crate) struct RowUpdate {
    pub(super) entity: &'static Entity,
    pub(super) id: i64,
    /// The members that the body gives, or what is wrong with its shape: that is told after the precondition.
    members: Result<Object, FieldErrors>,
    mode: EditMode,
    precondition: Precondition,
    pub(super) reading: Reading,
    /// About how long the body is, bytes.
    length: usize,
}

impl RowUpdate {
    pub(super) fn read(update: Update) -> Self {
        let Update { entity, id, body, mode, precondition, representation, strict, .. } = update;
        let length = body.text_length();
        let (reading, members) = compute(length, || {
            (Reading::new(entity, &body, representation, strict), representation.read(entity, body))
        });
        Self { entity, id, members, mode, precondition, reading, length }
    }

    /// What it makes of a row that the session holds locked.
    ///
    /// The precondition is evaluated between the lock and the draft, so that nobody can change the row after it held.
    pub(super) async fn draft(&self, context: &Context, session: &mut Session, row: &Row) -> Result<Draft, Error> {
        let mut draft = compute(row.text_length() + self.length, || {
            self.precondition.evaluate(row, self.reading.representation)?;
            let members = self.members.as_ref().map_err(|errors| Refusal::Invalid(errors.clone()))?;
            Ok::<_, Error>(edit::update(self.entity, &row.values, members, self.mode, &context.vocabulary))
        })?;
        let mut errors = std::mem::take(&mut draft.errors);
        errors.extend(missing_references(session, self.entity, &draft).await?);
        self.reading.check(errors)?;
        Ok(draft)
    }

    /// Whether the body gives a name.
    fn names(&self) -> bool {
        self.members.as_ref().is_ok_and(|members| members.contains_key("name"))
    }
}

impl Write for RowUpdate {
    type Done = Written;

    /// A change of the name excludes others; one that leaves it alone waits for nobody.
    fn locks(&self, _: &Context) -> Option<&'static Entity> {
        let names = self.entity.has_natural_key() && self.names();
        (self.entity.needs_lock() || names).then_some(self.entity)
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<Written, Error> {
        let row = lock(context.statements(self.entity), session, self.id).await?;
        let draft = self.draft(context, session, &row).await?;
        let row = apply(context, session, row, draft).await.map_err(|error| self.reading.placed_error(error))?;
        Ok(Written::of(&row, self.reading.representation))
    }

    fn given(&self) -> Vec<Given> {
        self.members.as_ref().map(|members| given_for_change(self.entity, members)).unwrap_or_default()
    }

    fn placed(&self, refusal: Refusal) -> Refusal {
        self.reading.placed(refusal)
    }

    /// A key that is taken is found at the next attempt.
    async fn explain(&self, _: &Context, _: &Violation) -> Result<Option<Refusal>, Error> {
        Ok(None)
    }
}

/// The row of an id, which nobody else can change until the session ends.
async fn lock(statements: &Statements, session: &mut Session, id: i64) -> Result<Row, Error> {
    // A row with parts in other tables is locked first and read then: a statement that waits for the lock would see the
    // other tables as they were before.
    if statements.is_flat() {
        return row_of(statements, session, &statements.get_locked, id).await;
    }
    session.rows(&statements.lock_for_update, vec![int(id)], &[Kind::Int]).await?;
    row_of(statements, session, &statements.get, id).await
}
