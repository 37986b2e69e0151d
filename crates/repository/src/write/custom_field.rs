//! Deleting a custom field, which rows may have values of (contract section 5).

use partbook_database::{Session, Statement, Violation, ViolationKind, int};
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::precondition::Precondition;
use partbook_domain::query::FieldRemoval;
use partbook_domain::{Entity, Kind, Refusal, Representation, Value};

use super::Write;
use crate::context::Context;
use crate::error::Error;
use crate::read::custom_fields::{FieldUsage, usage_of};
use crate::read::row::row_of;

/// Deletes a custom field. Values in `attributes` stay as they are.
#[derive(Clone, Debug)]
pub struct RemoveField {
    /// Its id.
    pub id: i64,
    /// How it is deleted.
    pub removal: FieldRemoval,
    /// Which version of it is meant.
    pub precondition: Precondition,
    /// The shape of the version that is meant.
    pub representation: &'static dyn Representation,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedField {
    /// How much the field was used.
    pub usage: FieldUsage,
    /// Whether it was deleted: one that is used stays, unless that is forced.
    pub is_removed: bool,
}

impl Write for RemoveField {
    type Done = RemovedField;

    /// Creating the field again would restore the row.
    fn locks(&self) -> Option<&'static Entity> {
        Some(&CUSTOM_FIELD)
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<RemovedField, Error> {
        let statements = context.statements(&CUSTOM_FIELD);
        if session.rows(&statements.lock_for_delete, vec![int(self.id)], &[Kind::Int]).await?.is_empty() {
            return Err(Refusal::not_found(&CUSTOM_FIELD, &self.id).into());
        }
        let row = row_of(statements, session, &statements.get, self.id).await?;
        self.precondition.evaluate(&row, self.representation)?;
        let usage = usage_of(context, session, &row).await?;
        if usage.total > 0 && !self.removal.is_forced {
            return Ok(RemovedField { usage, is_removed: false });
        }
        if self.removal.is_hard {
            session.execute(&statements.delete, vec![int(self.id)]).await?;
        } else if row.value("deleted_at").is_none_or(Value::is_null) {
            let table = CUSTOM_FIELD.name;
            let sql = format!("update {table} set deleted_at = $2, updated_at = $2 where id = $1");
            let now = context.clock.now().max(row.updated_at.next());
            let values = vec![int(self.id), (Kind::Time, Value::Time(now))];
            session.execute(&Statement::update(table, sql), values).await?;
        }
        Ok(RemovedField { usage, is_removed: true })
    }

    /// A table of another program that points at the definition.
    async fn explain(&self, _: &Context, violation: &Violation) -> Result<Option<Refusal>, Error> {
        let label = CUSTOM_FIELD.delete_label;
        let refusal = || Refusal::must_stay(format!("Cannot delete {label}: another table of the database uses it"));
        Ok((violation.kind == ViolationKind::ForeignKey).then(refusal))
    }
}
