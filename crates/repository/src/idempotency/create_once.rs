//! A creation that may be sent again: the response to the first is stored in the transaction that does its work, and given
//! to the others.

use std::sync::Arc;

use partbook_database::{BindValue, Session, Statement, Violation};
use partbook_domain::{Entity, Kind, Refusal, Value};

use super::key::IdempotencyKey;
use super::retention::{RETENTION, note_stored};
use super::stored_responses::{Stored, StoredResponse, load, save};
use crate::compute::compute;
use crate::context::Context;
use crate::error::Error;
use crate::read::row::row_of;
use crate::write::create::NewRow;
use crate::write::encoding::Given;
use crate::write::ids::advance_ids;
use crate::write::request::Create;
use crate::write::{Write, lock_entity, transact};

/// Creates a row, or gives the response that the same request got before.
pub(crate) async fn create_once(
    context: &Arc<Context>,
    request: Create,
    key: IdempotencyKey,
) -> Result<StoredResponse, Error> {
    let new = NewRow::read(context, request)?;
    let scope = key.scope();
    let _guard = context.in_flight.enter(scope.clone())?;
    let (response, stored) = transact(context, &CreateOnce { new, key, scope }).await?;
    if let Some(body) = stored {
        note_stored(context, body);
    }
    Ok(response)
}

struct CreateOnce {
    new: NewRow,
    key: IdempotencyKey,
    scope: String,
}

impl Write for CreateOnce {
    /// The response, and how much of its body was stored if it is the first.
    type Done = (StoredResponse, Option<usize>);

    /// The work locks the entity itself, where there is no stored response: to find one it waits for nobody.
    fn locks(&self, _: &Context) -> Option<&'static Entity> {
        None
    }

    async fn work(&self, context: &Context, session: &mut Session) -> Result<Self::Done, Error> {
        // Other processes on the same database, where they would not wait for each other anyway.
        if let Some(statement) = context.dialect.try_lock_key()
            && session.rows(&statement, vec![lock_number(&self.scope)], &[Kind::Bool]).await? != [[Value::Bool(true)]]
        {
            return Err(Refusal::IdempotencyKeyInUse.into());
        }
        let statements = context.stored_responses();
        let now = context.clock.now();
        match load(statements, session, &self.key, now.earlier(RETENTION)).await? {
            Some(Stored::Whole(response)) => return Ok((response, None)),
            Some(Stored::OfRow(status, location)) => {
                return Ok((self.show_again(context, session, status, location).await?, None));
            }
            None => {}
        }
        if let Some(entity) = self.new.locks(context) {
            lock_entity(context, session, entity).await?;
        }
        let response = self.create(context, session).await?;
        let stored = save(statements, session, &self.key, &response, now).await?;
        Ok((response, Some(stored)))
    }

    /// What is found is the response that was stored with the work.
    fn is_repeatable(&self) -> bool {
        true
    }

    fn given(&self) -> Vec<Given> {
        self.new.given()
    }

    fn placed(&self, refusal: Refusal) -> Refusal {
        self.new.placed(refusal)
    }

    /// A name that is taken is found at the next attempt, where the refusal can be stored.
    async fn explain(&self, context: &Context, violation: &Violation) -> Result<Option<Refusal>, Error> {
        advance_ids(context, self.new.entity, violation).await?;
        Ok(None)
    }
}

impl CreateOnce {
    /// Makes a response again whose body was not stored: it shows the row as it is now.
    async fn show_again(
        &self,
        context: &Context,
        session: &mut Session,
        status: u16,
        location: String,
    ) -> Result<StoredResponse, Error> {
        let NewRow { entity, reading, .. } = &self.new;
        let id = location.rsplit('/').next().and_then(|id| id.parse().ok()).unwrap_or_default();
        let statements = context.statements(entity);
        let row = match row_of(statements, session, &statements.get, id).await {
            Err(Error::Refused(Refusal::NotFound { .. })) => {
                return Err(Refusal::IdempotentRowGone { label: entity.label, id }.into());
            }
            row => row?,
        };
        let body = compute(row.text_length(), || reading.representation.to_bytes(&row));
        let body = String::from_utf8_lossy(&body).into_owned();
        Ok(StoredResponse { status, location: Some(location), body })
    }

    /// Creates the row; a refusal leaves the transaction as it was before, and is a response like another.
    async fn create(&self, context: &Context, session: &mut Session) -> Result<StoredResponse, Error> {
        let new = &self.new;
        session.execute(&Statement::control("SAVEPOINT", "savepoint creation"), Vec::new()).await?;
        match new.insert(context, session).await {
            Ok(written) => Ok(StoredResponse::created(new.entity, &written)),
            Err(Error::Refused(Refusal::Invalid(errors))) => {
                session.execute(&Statement::control("ROLLBACK", "rollback to savepoint creation"), Vec::new()).await?;
                Ok(StoredResponse::invalid(&errors))
            }
            Err(error) => Err(error),
        }
    }
}

/// The number that stands for a scope among PostgreSQL's advisory locks.
fn lock_number(scope: &str) -> BindValue {
    let number = u32::from_str_radix(&scope[..8], 16).unwrap_or_default().cast_signed();
    (Kind::Int, Value::Int(number.into()))
}
