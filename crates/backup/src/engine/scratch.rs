//! Databases of our own beside the live one, for a moment.

use partbook_database::{Connection, DatabaseUrl};

use super::dump::may_create;
use super::names::{WRITES, drop_left, own_name};
use crate::definition::Definition;
use crate::error::BackupError;

/// A database of our own on a PostgreSQL server, which somebody has to [`Self::drop`].
pub(crate) struct ScratchDatabase {
    pub(crate) url: DatabaseUrl,
    name: String,
    /// Holds the name.
    session: Connection,
}

impl ScratchDatabase {
    /// Makes an empty one on a server, like a database of it in encoding and order where that is there.
    pub(crate) async fn create(server: &DatabaseUrl) -> Result<Self, BackupError> {
        let mut session = Connection::open(server).await?;
        drop_left(&mut session).await?;
        let name = own_name(&mut session, "scratch").await?;
        create_like(&mut session, &name).await?;
        Ok(Self { url: session.place(server).with_name(&name), name, session })
    }

    pub(crate) async fn drop(mut self) -> Result<(), BackupError> {
        self.session.execute(&format!("drop database if exists {} with (force)", self.name)).await?;
        self.session.close().await?;
        Ok(())
    }
}

/// Makes an empty database with the encoding and the order of the one that the session is in.
pub(crate) async fn create_like(session: &mut Connection, name: &str) -> Result<(), BackupError> {
    may_create(session).await?;
    session.execute(WRITES).await?;
    if let Some(definition) = Definition::here(session).await? {
        session.execute(&definition.create(name)).await?;
    }
    Ok(())
}
