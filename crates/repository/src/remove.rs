//! Deleting: the check for uses and the delete are one step (contract section 2, DELETE).

use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, Kind, Refusal, Row, Value};

use crate::Error;
use crate::columns::int;
use crate::contention::Attempts;
use crate::error::Violation;
use crate::session::Session;
use crate::store::Store;

impl Store {
    pub(crate) async fn delete(
        &self,
        entity: &'static Entity,
        id: i64,
        precondition: &Precondition,
    ) -> Result<(), Error> {
        let mut attempts = Attempts::new();
        loop {
            match self.try_delete(entity, id, precondition).await {
                // Something that began to use the row and that the check cannot see: a table added since the start, say.
                Err(error) if error.violation() == Some(Violation::ForeignKey) => {
                    let mut session = self.connections().begin().await?;
                    self.refuse_if_used(&mut session, entity, id).await?;
                    let detail =
                        format!("Cannot delete {}: another table of the database uses it", entity.delete_label);
                    return Err(Refusal::must_stay(detail).into());
                }
                Err(error) => attempts.again(error)?,
                done => return done,
            }
        }
    }

    async fn try_delete(&self, entity: &'static Entity, id: i64, precondition: &Precondition) -> Result<(), Error> {
        let statements = self.statements(entity);
        let mut session = self.connections().begin().await?;
        self.take_turn(&mut session, entity).await?;
        // From here on nothing can begin to point at the row: PostgreSQL's own check of a new reference waits for this
        // lock, and SQLite has one writer at a time.
        if session.rows(statements.lock_for_delete, vec![int(id)], &[Kind::Int]).await?.is_empty() {
            return Err(Refusal::not_found(entity, &id).into());
        }
        if entity.exclusive_flag.is_some() || !precondition.is_none() {
            let row = statements.row_of(&mut session, statements.get, id).await?;
            precondition.evaluate(&row)?;
            self.refuse_if_sole(&mut session, &row).await?;
        }
        self.refuse_if_used(&mut session, entity, id).await?;
        session.execute(statements.delete, vec![int(id)]).await?;
        session.commit().await
    }

    /// Refuses when the row, which `session` holds locked, is the only one with the flag that one row must carry.
    async fn refuse_if_sole(&self, session: &mut Session, row: &Row) -> Result<(), Error> {
        let entity = row.entity;
        let Some(flag) = entity.exclusive_flag else { return Ok(()) };
        let carries = row.value(flag) == Some(&Value::Bool(true));
        if carries && self.others_with_flag(session, entity, flag, row.id).await?.is_empty() {
            return Err(Refusal::must_stay(format!("Cannot delete the only default {}", entity.name)).into());
        }
        Ok(())
    }
}
