//! Changes: one transaction that locks, reads, changes and writes, in one place for all of them.
//!
//! Writes come first and violations are explained after: a check alone could be outrun by another writer.

mod apply;
pub(crate) mod children;
pub(crate) mod create;
pub(crate) mod custom_field;
pub(crate) mod default_flag;
pub(crate) mod delete;
pub(crate) mod encoding;
pub(crate) mod group;
pub(crate) mod ids;
pub(crate) mod natural_key;
pub(crate) mod references;
pub(crate) mod request;
#[cfg(test)]
mod tests;
pub(crate) mod update;

use partbook_database::{Retries, Session, Violation, ViolationKind};
use partbook_domain::{Entity, Kind, Refusal};

use self::encoding::Given;
use crate::context::Context;
use crate::error::Error;

/// How often a write that met a violation is tried: its cause may have gone, or be found, at the next look.
const MAX_ATTEMPTS: usize = 3;

/// A change of the catalog.
pub(crate) trait Write: Sync {
    /// What it ends in.
    type Done: Send;

    /// The entity whose writers exclude each other before the work begins, if its writers must; none where the work locks
    /// it itself, or needs no such lock.
    fn locks(&self, context: &Context) -> Option<&'static Entity>;

    /// The work, in a transaction that is committed when it is done and rolled back when it is not.
    fn work(&self, context: &Context, session: &mut Session) -> impl Future<Output = Result<Self::Done, Error>> + Send;

    /// The texts that it would store, by field.
    fn given(&self) -> Vec<Given> {
        Vec::new()
    }

    /// Whether it finds what was done before, and does nothing twice.
    fn is_repeatable(&self) -> bool {
        false
    }

    /// Has a refusal speak of places in the body that the client sent.
    fn placed(&self, refusal: Refusal) -> Refusal {
        refusal
    }

    /// What a violation means, after the transaction is rolled back; none where the next attempt may tell.
    fn explain(
        &self,
        context: &Context,
        violation: &Violation,
    ) -> impl Future<Output = Result<Option<Refusal>, Error>> + Send;
}

/// Does a change: begins, locks, works, commits; explains a violation, and tries again where another writer was in the way, or
/// the connection was lost before the commit was sent.
pub(crate) async fn transact<W: Write>(context: &Context, write: &W) -> Result<W::Done, Error> {
    if context.is_read_only {
        return Err(partbook_database::Error::ReadOnly.into());
    }
    let (mut retries, mut attempts) = (Retries::of_write(write.is_repeatable()), 0);
    let mut needs_new_connection = false;
    loop {
        let error = match attempt(context, write, needs_new_connection).await {
            Err(Error::Database(error)) => error,
            done => return done,
        };
        needs_new_connection = error.is_of_connection();
        if let Some(violation) = error.violation() {
            attempts += 1;
            if let Some(refusal) = write.explain(context, &violation).await? {
                return Err(refusal.into());
            }
            if attempts == MAX_ATTEMPTS {
                // A key or a reference of the catalog was in the way at each look and gone at the next; an index that it
                // does not know goes on refusing.
                let passes = violation.kind == ViolationKind::ForeignKey || context.is_natural_key(&violation);
                return Err(if passes { error.may_pass() } else { error.into_rejected() }.into());
            }
        } else if error.is_untranslatable() {
            let refusal = encoding::explain(context, write.given(), error).await?;
            return Err(write.placed(refusal).into());
        } else if !retries.allow(&error) {
            return Err(error.into());
        }
    }
}

async fn attempt<W: Write>(context: &Context, write: &W, needs_new_connection: bool) -> Result<W::Done, Error> {
    let database = &context.database;
    let mut session = if needs_new_connection { database.begin_anew().await? } else { database.begin().await? };
    match work(context, &mut session, write).await {
        Ok(done) => {
            session.commit().await?;
            Ok(done)
        }
        Err(error) => {
            // Its locks must be free before the client, or the next attempt, comes again. A database that did not answer is
            // not waited for once more.
            if !matches!(&error, Error::Database(error) if !error.is_reported()) {
                let _ = session.rollback().await;
            }
            Err(error)
        }
    }
}

async fn work<W: Write>(context: &Context, session: &mut Session, write: &W) -> Result<W::Done, Error> {
    if let Some(entity) = write.locks(context) {
        lock_entity(context, session, entity).await?;
    }
    write.work(context, session).await
}

/// Has writers of the entity exclude each other. Before any row is locked, so that two of them cannot wait
/// for each other's rows.
pub(crate) async fn lock_entity(context: &Context, session: &mut Session, entity: &Entity) -> Result<(), Error> {
    if let Some(statement) = context.dialect.lock_entity(entity) {
        session.rows(&statement, Vec::new(), &[Kind::Absent]).await?;
    }
    Ok(())
}
