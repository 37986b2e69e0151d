//! Deleting: the check for uses and the delete are one step (contract section 2, DELETE).

use partbook_database::{Session, Violation, ViolationKind, int};
use partbook_domain::{Entity, Kind, Refusal};

use super::Write;
use super::default_flag::refuse_if_only_flagged;
use super::request::Delete;
use crate::context::Context;
use crate::error::Error;
use crate::read::row::row_of;
use crate::read::usage::refuse_if_used;

impl Write for Delete {
    type Done = ();

    fn locks(&self, _: &Context) -> Option<&'static Entity> {
        Some(self.entity).filter(|entity| entity.needs_lock())
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<(), Error> {
        let Self { entity, id, precondition, representation, .. } = self;
        let statements = context.statements(entity);
        // From here on nothing can begin to point at the row: PostgreSQL's own check of a new reference waits for this
        // lock, and SQLite has one writer at a time.
        if session.rows(&statements.lock_for_delete, vec![int(*id)], &[Kind::Int]).await?.is_empty() {
            return Err(Refusal::not_found(entity, id).into());
        }
        if entity.exclusive_flag.is_some() || !precondition.is_none() {
            let row = row_of(statements, session, &statements.get, *id).await?;
            precondition.evaluate(&row, *representation)?;
            refuse_if_only_flagged(session, &row).await?;
        }
        refuse_if_used(context, session, entity, *id).await?;
        session.execute(&statements.delete, vec![int(*id)]).await?;
        Ok(())
    }

    /// Something that began to use the row and that the check cannot see: a table added since the start, say.
    async fn explain(&self, context: &Context, violation: &Violation) -> Result<Option<Refusal>, Error> {
        if violation.kind != ViolationKind::ForeignKey {
            return Ok(None);
        }
        let mut session = context.database.begin().await?;
        match refuse_if_used(context, &mut session, self.entity, self.id).await {
            Err(Error::Refused(refusal)) => Ok(Some(refusal)),
            Err(error) => Err(error),
            Ok(()) => {
                let label = self.entity.delete_label;
                Ok(Some(Refusal::must_stay(format!("Cannot delete {label}: another table of the database uses it"))))
            }
        }
    }
}
