//! Deleting: the check for uses and the delete are one step (contract section 2, DELETE).

use partbook_domain::{Entity, Error as Refusal, Kind, Value};

use crate::Error;
use crate::columns::int;
use crate::error::Violation;
use crate::store::Store;

impl Store {
    /// Deletes a row that nothing uses.
    ///
    /// # Errors
    /// No such row; the row is in use, or must stay; or the database is away.
    pub(crate) async fn delete(&self, entity: &'static Entity, id: i64) -> Result<(), Error> {
        match self.try_delete(entity, id).await {
            // Something that began to use the row and that the check cannot see: a table added since the start, say.
            Err(error) if error.violation() == Some(Violation::ForeignKey) => {
                let mut session = self.connections().begin().await?;
                self.refuse_if_used(&mut session, entity, id).await?;
                let detail = format!("Cannot delete {}: another table of the database uses it", entity.delete_label);
                Err(Refusal::must_stay(detail).into())
            }
            done => done,
        }
    }

    async fn try_delete(&self, entity: &'static Entity, id: i64) -> Result<(), Error> {
        let statements = self.statements(entity);
        let mut session = self.connections().begin().await?;
        self.take_turn(&mut session, entity).await?;
        // From here on nothing can begin to point at the row: PostgreSQL's own check of a new reference waits for this
        // lock, and SQLite has one writer at a time.
        if session.rows(statements.lock_for_delete, vec![int(id)], &[Kind::Int]).await?.is_empty() {
            return Err(Refusal::not_found(entity, &id).into());
        }
        if let Some(flag) = entity.sole_flag {
            let row = statements.row_of(&mut session, statements.get, id).await?;
            let carries = row.value(flag) == Some(&Value::Bool(true));
            if carries && self.others_with_flag(&mut session, entity, flag, id).await?.is_empty() {
                return Err(Refusal::must_stay(format!("Cannot delete the only default {}", entity.name)).into());
            }
        }
        self.refuse_if_used(&mut session, entity, id).await?;
        session.execute(statements.delete, vec![int(id)]).await?;
        session.commit().await
    }
}
