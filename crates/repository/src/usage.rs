//! Who uses a row: listings, and rows of tables that are not ours (contract section 2, DELETE).

use futures_util::StreamExt as _;
use partbook_domain::entity::listing::LISTING;
use partbook_domain::{Entity, Kind, Refusal, Value};
use sqlx::AssertSqlSafe;

use crate::Error;
use crate::columns::{first_int, int};
use crate::list::{Rows, paged};
use crate::schema::ForeignReference;
use crate::session::Session;
use crate::store::Store;

/// How many of the listings a refused delete names.
const NAMED: u32 = 20;

/// How the uses of one entity's rows are found.
#[derive(Debug)]
pub(crate) struct Usage {
    /// Which listings use the row `$1`; none where listings cannot.
    listings: Option<String>,
    /// Other tables that point at the entity.
    others: Vec<Other>,
}

/// A table of somebody else's that points at the entity.
#[derive(Debug)]
struct Other {
    /// Its name, for people.
    name: String,
    /// Counts its rows that point at the row `$1`; none where the service may not read it.
    count: Option<String>,
}

impl Usage {
    pub(crate) fn compose(entity: &'static Entity, foreign: &[ForeignReference]) -> Self {
        let uses = entity.used_by().filter(|(owner, _)| **owner == LISTING);
        let uses: Vec<String> = uses
            .map(|(owner, reference)| {
                let table = owner.name;
                let direct = format!("{table}.{} = $1", reference.field);
                reference.through.as_ref().map_or(direct.clone(), |through| {
                    let (tie, tie_owner, tie_target) = (through.table, through.owner, through.target);
                    let tied = format!("{tie}.{tie_owner} = {table}.id and {tie}.{tie_target} = $1");
                    format!("{direct} or exists (select 1 from {tie} where {tied})")
                })
            })
            .collect();
        let mut others: Vec<Other> = Vec::new();
        let pointing: Vec<&ForeignReference> = foreign.iter().filter(|other| other.target == entity.name).collect();
        for other in &pointing {
            if others.iter().any(|known| known.name == other.name) {
                continue;
            }
            // A row that points here twice counts once.
            let keys = pointing.iter().filter(|same| same.table == other.table).map(|same| {
                let (columns, targets) = (same.columns.join(", "), same.target_columns.join(", "));
                format!("({columns}) in (select {targets} from {} where id = $1)", entity.name)
            });
            let keys = keys.collect::<Vec<_>>().join(" or ");
            let count = other.readable.then(|| format!("select count(*) from {} where {keys}", other.table));
            others.push(Other { name: other.name.clone(), count });
        }
        Self { listings: (!uses.is_empty()).then(|| uses.join(" or ")), others }
    }

    /// Which listings use the row `$1`, as a condition; none where listings cannot.
    pub(crate) fn listings(&self) -> Option<&str> {
        self.listings.as_deref()
    }
}

impl Store {
    /// The listings that use a row that is there, newest first, and one more than the limit when more follow.
    pub(crate) fn listings(&self, entity: &'static Entity, id: i64, limit: u32, offset: i64) -> Rows {
        let Some(uses) = &self.usage_of(entity).listings else { return futures_util::stream::empty().boxed() };
        let mut arguments = vec![int(id)];
        let conditions = format!(" where {uses}");
        let order = [entity.usage_order];
        let sql = paged(self.statements(&LISTING), &conditions, &order, &mut arguments, Some(limit), offset);
        self.rows_of(&LISTING, sql, arguments, false)
    }

    /// How many listings use a row.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn count_listings(&self, entity: &'static Entity, id: i64) -> Result<i64, Error> {
        match &self.usage_of(entity).listings {
            Some(uses) => {
                self.one_number(format!("select count(*) from {} where {uses}", LISTING.name), vec![int(id)]).await
            }
            None => Ok(0),
        }
    }

    /// Refuses when the row, which `session` holds locked, is in use.
    pub(crate) async fn refuse_if_used(
        &self,
        session: &mut Session,
        entity: &'static Entity,
        id: i64,
    ) -> Result<(), Error> {
        let usage = self.usage_of(entity);
        if let Some(uses) = &usage.listings {
            let table = LISTING.name;
            let count = number(session, format!("select count(*) from {table} where {uses}"), id).await?;
            if count > 0 {
                let order = self.statements(&LISTING).order_by(&[entity.usage_order]);
                let sql = format!("select id, title from {table} where {uses} order by {order} limit {NAMED}");
                let rows = session.rows(AssertSqlSafe(sql), vec![int(id)], &[Kind::Int, Kind::Text]).await?;
                let named = rows.into_iter().filter_map(|row| match row.as_slice() {
                    [Value::Int(id), title] => Some((*id, title.as_text().unwrap_or_default().to_owned())),
                    _ => None,
                });
                return Err(Refusal::used_by_listings(entity, count, named.collect()).into());
            }
        }
        for other in &usage.others {
            let label = entity.delete_label;
            let detail = match &other.count {
                Some(count) => match number(session, count.clone(), id).await? {
                    0 => continue,
                    count => format!("Cannot delete {label}: used by {count} row(s) of {}", other.name),
                },
                // Deleting blindly could null a reference there.
                None => {
                    format!("Cannot delete {label}: {} may use it, and the service has no right to look", other.name)
                }
            };
            return Err(Refusal::must_stay(detail).into());
        }
        Ok(())
    }
}

async fn number(session: &mut Session, sql: String, id: i64) -> Result<i64, Error> {
    let rows = session.rows(AssertSqlSafe(sql), vec![int(id)], &[Kind::Int]).await?;
    Ok(first_int(&rows).unwrap_or(0))
}
