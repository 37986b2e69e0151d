//! Changes that wait while others are written: one transaction locks, judges and writes them, and one commit makes them last.
//!
//! Each is judged on what those before it made of the rows. Where anything fails but a judgement, nothing of it is made, and each
//! is done alone: nobody's change fails, or waits for a lock, because of another one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::FutureExt as _;
use partbook_database::{Consistency, Dialect, Session, ids};
use partbook_domain::{Entity, Row, registry};

use super::apply::apply;
use super::create::NewRow;
use super::request::{Create, Update, Written};
use super::update::RowUpdate;
use super::{Write, transact};
use crate::context::Context;
use crate::error::Error;
use crate::gathering::{Gathering, MAX_ROWS_SIZE, Turn, kept};

/// How many changes are made together at most.
const MAX_CHANGES: usize = 64;

/// The changes of each entity that are being made.
#[derive(Debug)]
pub(crate) struct Writes(BTreeMap<&'static str, Arc<Changes>>);

/// The changes of one entity.
type Changes = Gathering<Context, Asked, Outcome>;

/// A change, and for whom, where it is noted what they see.
type Asked = (Arc<Change>, Option<Arc<Consistency>>);

/// The row as it then is.
type Outcome = Result<Row, Error>;

/// A change that may be made together with others.
enum Change {
    Create(NewRow),
    Update(RowUpdate),
}

impl Writes {
    pub(crate) fn new(dialect: Dialect) -> Self {
        // More transactions at once are only in each other's way: where there is one writer, at all; where there are several,
        // while they wait for the same disk.
        let lanes = match dialect {
            Dialect::Postgres => 2,
            Dialect::Sqlite => 1,
        };
        Self(registry().iter().map(|entity| (entity.name, Gathering::new(lanes, MAX_CHANGES))).collect())
    }

    /// Creates a row; or finds the one that is the same thing already.
    pub(crate) async fn create(&self, context: &Arc<Context>, request: Create) -> Result<Written, Error> {
        let new = NewRow::read(context, request)?;
        new.check()?;
        self.make(context, Change::Create(new)).await
    }

    /// Changes a row.
    pub(crate) async fn update(&self, context: &Arc<Context>, request: Update) -> Result<Written, Error> {
        self.make(context, Change::Update(RowUpdate::read(request))).await
    }

    async fn make(&self, context: &Arc<Context>, change: Change) -> Result<Written, Error> {
        let Some(gathering) = self.0.get(change.entity().name).filter(|_| change.may_be_grouped(context)) else {
            return change.alone(context).await;
        };
        let change = Arc::new(change);
        let asked = (change.clone(), context.database.consistency().cloned());
        match gathering.join(context, asked, |context, asked| make_all(context, asked).boxed()).await {
            Turn::Done(outcome) => Ok(change.shown(&outcome?)),
            Turn::Alone(lane) => kept(lane, change.alone(context)).await,
        }
    }
}

impl Change {
    fn entity(&self) -> &'static Entity {
        match self {
            Self::Create(new) => new.entity,
            Self::Update(update) => update.entity,
        }
    }

    /// Whether it asks for no lock but that of its own row, and is written by one statement.
    fn may_be_grouped(&self, context: &Context) -> bool {
        let lock = match self {
            Self::Create(new) => new.locks(context),
            Self::Update(update) => update.locks(context),
        };
        let entity = self.entity();
        lock.is_none()
            && !context.is_read_only
            && entity.exclusive_flag.is_none()
            && context.statements(entity).is_flat()
    }

    async fn alone(&self, context: &Context) -> Result<Written, Error> {
        match self {
            Self::Create(new) => transact(context, new).await,
            Self::Update(update) => transact(context, update).await,
        }
    }

    fn shown(&self, row: &Row) -> Written {
        let (Self::Create(NewRow { reading, .. }) | Self::Update(RowUpdate { reading, .. })) = self;
        Written::of(row, reading.representation)
    }
}

async fn make_all(context: Arc<Context>, asked: Vec<Asked>) -> Vec<Option<Outcome>> {
    let (changes, requests): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
    together(Arc::new(context.within_all(requests.into_iter().flatten().collect())), changes).await
}

async fn together(context: Arc<Context>, changes: Vec<Arc<Change>>) -> Vec<Option<Outcome>> {
    let each_alone = || changes.iter().map(|_| None).collect();
    let mut session = match context.database.begin().await {
        Ok(session) => session,
        // Nobody is to wait twice for a database that is away.
        Err(error) if !error.is_contention() => {
            return changes.iter().map(|_| Some(Err(error.repeated()?.into()))).collect();
        }
        Err(_) => return each_alone(),
    };
    let outcomes = match work(&context, &mut session, &changes).await {
        Ok(outcomes) if !session.has_failed() => outcomes,
        _ => {
            let _ = session.rollback().await;
            return each_alone();
        }
    };
    let Err(error) = session.commit().await else { return outcomes };
    if !error.is_outcome_unknown() {
        return each_alone();
    }
    // What was refused was judged on rows that may not have come to be.
    let unknown = |outcome: Option<Outcome>| outcome?.ok().and_then(|_| Some(Err(error.repeated()?.into())));
    outcomes.into_iter().map(unknown).collect()
}

/// Judges and writes each; none for one whose row is not there, or held by somebody else.
async fn work(
    context: &Context,
    session: &mut Session,
    changes: &[Arc<Change>],
) -> Result<Vec<Option<Outcome>>, Error> {
    let mut rows = lock(context, session, changes).await?;
    let mut outcomes = Vec::with_capacity(changes.len());
    for change in changes {
        outcomes.push(match &**change {
            Change::Create(new) => match new.judge(context, session).await {
                Ok(None) => Some(Ok(new.write(context, session).await?)),
                Ok(Some(_)) => None,
                refused => refused_only(refused)?,
            },
            Change::Update(update) => match rows.remove(&update.id) {
                None => None,
                Some(row) => match update.draft(context, session, &row).await {
                    Ok(draft) => {
                        let row = apply(context, session, row, draft).await?;
                        rows.insert(row.id, row.clone());
                        Some(Ok(row))
                    }
                    refused => {
                        rows.insert(row.id, row);
                        refused_only(refused)?
                    }
                },
            },
        });
    }
    Ok(outcomes)
}

/// A judgement, or what failed.
fn refused_only<T>(refused: Result<T, Error>) -> Result<Option<Outcome>, Error> {
    match refused {
        Err(Error::Refused(refusal)) => Ok(Some(Err(refusal.into()))),
        Err(error) => Err(error),
        Ok(_) => Ok(None),
    }
}

/// The rows that are changed, as far as nobody else holds them, and as they do not take up too much.
async fn lock(context: &Context, session: &mut Session, changes: &[Arc<Change>]) -> Result<HashMap<i64, Row>, Error> {
    let updates = changes.iter().filter_map(|change| match &**change {
        Change::Update(update) => Some(update.id),
        Change::Create(_) => None,
    });
    let unique: BTreeSet<i64> = updates.collect();
    if unique.is_empty() {
        return Ok(HashMap::new());
    }
    let statements = context.statements(changes[0].entity());
    let values = vec![ids(&unique)];
    let (rows, _) = session.rows_up_to(MAX_ROWS_SIZE, &statements.get_many_locked, values, statements.kinds).await?;
    Ok(statements.rows_by_id(rows))
}

#[cfg(test)]
mod tests;
