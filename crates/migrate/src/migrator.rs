//! A database, and the migrations that there are for it: what every command works on.

use partbook_database::{Dialect, OwnTables, Pool, StartError};

use crate::books::Books;
use crate::files::Migrations;

/// A database, and the migrations that there are for it.
#[derive(Debug)]
pub struct Migrator {
    pub(crate) pool: Pool,
    pub(crate) books: Books,
    pub(crate) migrations: Migrations,
}

impl Migrator {
    /// A database and the migrations in the program.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn new(pool: &Pool) -> Result<Self, StartError> {
        Self::with(pool, Migrations::embedded(Dialect::of(pool))?).await
    }

    /// A database and other migrations.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn with(pool: &Pool, migrations: Migrations) -> Result<Self, StartError> {
        Ok(Self { pool: pool.clone(), books: Books { own: OwnTables::of(pool).await? }, migrations })
    }

    /// What our own tables are called.
    pub(crate) fn own(&self) -> &OwnTables {
        &self.books.own
    }
}
