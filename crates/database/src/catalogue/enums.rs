//! The enum types and their words.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::pool::{AnyPool, Pool};

/// The words of the enum types that an unqualified name finds. None on SQLite, whose checks our migrations keep.
pub(super) async fn read(pool: &Pool) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let mut enums: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let AnyPool::Postgres(_) = pool.any() {
        let query = "select t.typname::text, e.enumlabel::text from pg_type t join pg_enum e on e.enumtypid = t.oid
            where pg_type_is_visible(t.oid) order by t.typname, e.enumsortorder";
        for row in pool.text_rows(query).await? {
            let [Some(name), Some(word)] = row.as_slice() else { continue };
            enums.entry(name.clone()).or_default().push(word.clone());
        }
    }
    Ok(enums)
}
