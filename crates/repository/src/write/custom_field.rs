//! Deleting a custom field, and giving it another key: rows may have values of it (contract section 5).

use partbook_database::{Session, Statement, Violation, ViolationKind, int};
use partbook_domain::access::Actor;
use partbook_domain::edit::Draft;
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::precondition::Precondition;
use partbook_domain::query::FieldRemoval;
use partbook_domain::{Entity, FieldUsage, Kind, Refusal, Representation, Row, Value};

use super::Write;
use crate::context::Context;
use crate::error::Error;
use crate::read::custom_fields::usage_of;
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
    /// Who asks for it.
    pub actor: Actor,
}

impl Write for RemoveField {
    /// How much the field was used.
    type Done = FieldUsage;

    /// Creating the field again would restore the row.
    fn locks(&self, _: &Context) -> Option<&'static Entity> {
        Some(&CUSTOM_FIELD)
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<FieldUsage, Error> {
        let statements = context.statements(&CUSTOM_FIELD);
        if session.rows(&statements.lock_for_delete, vec![int(self.id)], &[Kind::Int]).await?.is_empty() {
            return Err(Refusal::not_found(&CUSTOM_FIELD, &self.id).into());
        }
        let row = row_of(statements, session, &statements.get, self.id).await?;
        self.precondition.evaluate(&row, self.representation)?;
        let usage = usage_of(context, session, &row).await?;
        if usage.total > 0 && !self.removal.is_forced {
            return Err(Refusal::has_values(&CUSTOM_FIELD, "delete", usage).into());
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
        Ok(usage)
    }

    /// A table of another program that points at the definition.
    async fn explain(&self, _: &Context, violation: &Violation) -> Result<Option<Refusal>, Error> {
        let label = CUSTOM_FIELD.delete_label;
        let refusal = || Refusal::must_stay(format!("Cannot delete {label}: another table of the database uses it"));
        Ok((violation.kind == ViolationKind::ForeignKey).then(refusal))
    }
}

/// Refuses another key for a custom field that rows have values of: they would have lost their field. The row is locked.
pub(super) async fn refuse_new_key_of_used(
    context: &Context,
    session: &mut Session,
    row: &Row,
    draft: &Draft,
) -> Result<(), Error> {
    let key = row.entity.identity.columns().filter(|_| row.entity.names_member).unwrap_or_default();
    let is_changed = |name: &&&str| row.entity.field(name).is_some_and(|(index, _)| draft.changed[index]);
    let changed: Vec<&str> = key.iter().filter(is_changed).copied().collect();
    if changed.is_empty() {
        return Ok(());
    }
    let usage = usage_of(context, session, row).await?;
    if usage.total == 0 {
        return Ok(());
    }
    Err(Refusal::has_values(row.entity, &format!("change {} of", changed.join(" and ")), usage).into())
}
