//! Which locks a script holds at its end, in its own transaction: asked of PostgreSQL, where somebody wants to know.

use std::collections::{BTreeMap, HashMap};

use partbook_database::{Connection, Dialect, Error, OwnTables};

use crate::outlook::{TableLock, Waits};

/// The locks of tables, the weakest first: what `pg_locks` calls them, what its manual does, and who waits for them. One of rows
/// that are written keeps those waiting who write the same rows.
const MODES: [(&str, &str, Waits); 8] = [
    ("AccessShareLock", "ACCESS SHARE", Waits::Nobody),
    ("RowShareLock", "ROW SHARE", Waits::Nobody),
    ("RowExclusiveLock", "ROW EXCLUSIVE", Waits::Nobody),
    ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE", Waits::Nobody),
    ("ShareLock", "SHARE", Waits::Writers),
    ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE", Waits::Writers),
    ("ExclusiveLock", "EXCLUSIVE", Waits::Writers),
    ("AccessExclusiveLock", "ACCESS EXCLUSIVE", Waits::Everybody),
];

/// Watches which locks scripts hold.
#[derive(Default)]
pub(crate) struct LockWatch {
    is_on: bool,
    /// The tables that were there before a script, by their numbers: nobody waits for those that it makes, and those that it drops
    /// have no name any more.
    tables: HashMap<String, String>,
    seen: Option<Vec<TableLock>>,
}

impl LockWatch {
    pub(crate) fn turn_on(&mut self) {
        self.is_on = true;
    }

    /// Looks what there is before a script. The books, which every runner writes, are left out.
    pub(crate) async fn before(&mut self, connection: &mut Connection, own: &OwnTables) -> Result<(), Error> {
        if !self.is_on || own.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let query = format!(
            "select c.oid::text, c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
                and not (quote_ident(n.nspname) = '{}' and c.relname in ('migration', 'migration_run'))",
            own.schema().unwrap_or_default().replace('\'', "''")
        );
        let rows = connection.text_rows(&query).await?.into_iter();
        self.tables =
            rows.filter_map(|row| <[_; 2]>::try_from(row).ok()).filter_map(|[oid, name]| oid.zip(name)).collect();
        Ok(())
    }

    /// Looks what is locked at the end of a script, before its transaction ends.
    pub(crate) async fn after(&mut self, connection: &mut Connection, own: &OwnTables) -> Result<(), Error> {
        if !self.is_on {
            return Ok(());
        }
        if own.dialect() == Dialect::Sqlite {
            self.seen = Some(vec![TableLock::of_the_file()]);
            return Ok(());
        }
        let query = "select relation::text, mode from pg_locks
            where pid = pg_backend_pid() and locktype = 'relation' and granted";
        let mut strongest: BTreeMap<&String, usize> = BTreeMap::new();
        let rows = connection.text_rows(query).await?;
        for row in &rows {
            let [Some(oid), Some(mode)] = row.as_slice() else { continue };
            let Some(table) = self.tables.get(oid) else { continue };
            let Some(strength) = MODES.iter().position(|(name, ..)| name == mode) else { continue };
            let held = strongest.entry(table).or_insert(strength);
            *held = strength.max(*held);
        }
        let lock = |(table, strength): (&String, usize)| {
            let (_, lock, waits) = MODES[strength];
            TableLock { table: table.clone(), lock, waits }
        };
        self.seen = Some(strongest.into_iter().map(lock).collect());
        Ok(())
    }

    /// What was seen of the last script; none where its statements ran each on its own, or nobody looked.
    pub(crate) fn take(&mut self) -> Option<Vec<TableLock>> {
        self.seen.take()
    }
}
