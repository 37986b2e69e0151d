//! Requests that may be sent again: the answer to the first is kept, in the transaction that does its work, and given to
//! the others (contract section 2; docs/api-decisions.md).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use partbook_domain::digest;
use partbook_domain::{Entity, Kind, Object, Refusal, Row, Timestamp, Value, edit};
use sqlx::AssertSqlSafe;

use crate::Error;
use crate::columns::Argument;
use crate::contention::Attempts;
use crate::session::Session;
use crate::store::Store;
use crate::write::{ATTEMPTS, is_name_of_another, query_of_name};

/// The table of the kept answers. A legacy schema has none, and gets none.
pub(crate) const TABLE: &str = "idempotency_key";

/// How long an answer is kept.
pub const KEPT: Duration = Duration::from_hours(24);

/// How many old answers are forgotten in one transaction.
const SWEPT_AT_ONCE: usize = 1_000;

/// What makes two requests the same one.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The request's method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// The key that the client chose.
    pub key: String,
    /// The hash of the body; the same key with another body is refused.
    pub body_hash: String,
}

impl IdempotencyKey {
    /// What only one request at a time may have.
    fn scope(&self) -> String {
        digest(format!("{}\n{}\n{}", self.method, self.path, self.key).as_bytes())
    }

    fn arguments(&self) -> Vec<Argument> {
        [&self.method, &self.path, &self.key].map(|text| (Kind::Text, Value::Text(text.clone()))).to_vec()
    }
}

/// An answer as it is kept: what a client gets, apart from what each request has of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Where the row is, when there is one.
    pub location: Option<String>,
    /// The body, or the members of the problem.
    pub body: String,
}

/// The requests with a key that run in this process.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<HashSet<String>>);

/// The turn of one of them. Others may have it when it is dropped.
struct Turn {
    running: Arc<Running>,
    scope: String,
}

impl Running {
    fn begin(self: &Arc<Self>, scope: String) -> Result<Turn, Error> {
        let mut scopes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if scopes.insert(scope.clone()) {
            Ok(Turn { running: self.clone(), scope })
        } else {
            Err(Refusal::IdempotencyKeyInUse.into())
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.scope);
    }
}

impl Store {
    /// Creates a row, or gives the answer that the same request got before. `answer` says what a client gets.
    pub(crate) async fn create_once(
        &self,
        entity: &'static Entity,
        body: &Object,
        key: &IdempotencyKey,
        answer: &(impl Fn(Result<Row, Refusal>) -> Answer + Sync),
    ) -> Result<Answer, Error> {
        let scope = key.scope();
        let _turn = self.running().begin(scope.clone())?;
        let mut attempts = Attempts::new();
        loop {
            match self.try_create_once(entity, body, key, &scope, answer).await {
                Err(error) => attempts.again(error)?,
                done => return done,
            }
        }
    }

    async fn try_create_once(
        &self,
        entity: &'static Entity,
        body: &Object,
        key: &IdempotencyKey,
        scope: &str,
        answer: &(impl Fn(Result<Row, Refusal>) -> Answer + Sync),
    ) -> Result<Answer, Error> {
        let mut session = self.connections().begin().await?;
        match self.once_in(&mut session, entity, body, key, scope, answer).await {
            Ok((answer, true)) => session.commit().await.map(|()| answer),
            // The lock must be free before the client, or the next attempt, comes again.
            done => {
                let _ = session.rollback().await;
                done.map(|(answer, _)| answer)
            }
        }
    }

    /// The answer, and whether it is a new one.
    async fn once_in(
        &self,
        session: &mut Session,
        entity: &'static Entity,
        body: &Object,
        key: &IdempotencyKey,
        scope: &str,
        answer: &(impl Fn(Result<Row, Refusal>) -> Answer + Sync),
    ) -> Result<(Answer, bool), Error> {
        // Other processes on the same database, where they would not wait for each other anyway.
        if let Some(sql) = self.dialect().try_lock()
            && session.rows(sql, vec![lock_number(scope)], &[Kind::Bool]).await? != [[Value::Bool(true)]]
        {
            return Err(Refusal::IdempotencyKeyInUse.into());
        }
        let now = self.clock().now();
        if let Some(kept) = kept(session, key, now.earlier(KEPT)).await? {
            return kept.map(|answer| (answer, false));
        }
        let outcome = self.create_or_refuse(session, entity, body).await?;
        let answer = answer(outcome);
        keep(session, key, &answer, now).await?;
        Ok((answer, true))
    }

    /// Creates a row; a refusal leaves the transaction as it was before.
    async fn create_or_refuse(
        &self,
        session: &mut Session,
        entity: &'static Entity,
        body: &Object,
    ) -> Result<Result<Row, Refusal>, Error> {
        let draft = edit::create(entity, body);
        self.take_turn(session, entity).await?;
        for attempt in 1.. {
            session.execute("savepoint creation", Vec::new()).await?;
            let error = match self.create_in(session, entity, &draft).await {
                Ok(row) => return Ok(Ok(row)),
                Err(error) => error,
            };
            if !matches!(error, Error::Refused(_)) && error.violation().is_none() {
                return Err(error);
            }
            session.execute("rollback to savepoint creation", Vec::new()).await?;
            match error {
                Error::Refused(refusal) => return Ok(Err(refusal)),
                violation => {
                    if let Some((sql, arguments, name)) = query_of_name(entity, body, &violation)
                        && is_name_of_another(&session.rows(sql, arguments, &[Kind::Int]).await?, None)
                    {
                        return Ok(Err(Refusal::duplicate(entity, Some(name))));
                    }
                    if attempt == ATTEMPTS {
                        return Err(violation.may_pass());
                    }
                }
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Forgets the answers that are too old.
    pub(crate) async fn sweep(&self) -> Result<(), Error> {
        if !self.keeps_answers() {
            return Ok(());
        }
        let oldest = self.clock().now().earlier(KEPT);
        // Writers of a SQLite file have to wait for each portion, not for all of them.
        let sql = format!(
            "delete from idempotency_key where (method, path, idempotency_key) in (
                select method, path, idempotency_key from idempotency_key where created_at <= $1 limit {SWEPT_AT_ONCE}
            ) returning status"
        );
        loop {
            let mut session = self.connections().begin().await?;
            let time = (Kind::Time, Value::Time(oldest));
            let swept = session.rows(AssertSqlSafe(sql.clone()), vec![time], &[Kind::Int]).await?;
            session.commit().await?;
            if swept.len() < SWEPT_AT_ONCE {
                return Ok(());
            }
        }
    }
}

/// The answer that was kept for the key since `oldest`, or why it is not given.
async fn kept(
    session: &mut Session,
    key: &IdempotencyKey,
    oldest: Timestamp,
) -> Result<Option<Result<Answer, Error>>, Error> {
    let sql = "select body_hash, status, location, answer from idempotency_key \
               where method = $1 and path = $2 and idempotency_key = $3 and created_at > $4";
    let mut arguments = key.arguments();
    arguments.push((Kind::Time, Value::Time(oldest)));
    let rows = session.rows(sql, arguments, &[Kind::Text, Kind::Int, Kind::Text, Kind::Text]).await?;
    let Some([Value::Text(body_hash), Value::Int(status), location, Value::Text(body)]) =
        rows.first().map(Vec::as_slice)
    else {
        return Ok(None);
    };
    if *body_hash != key.body_hash {
        return Ok(Some(Err(Refusal::IdempotencyKeyReused.into())));
    }
    let status = u16::try_from(*status).unwrap_or_default();
    let location = location.as_text().map(str::to_owned);
    Ok(Some(Ok(Answer { status, location, body: body.clone() })))
}

async fn keep(session: &mut Session, key: &IdempotencyKey, answer: &Answer, now: Timestamp) -> Result<(), Error> {
    // One that is too old and has not been swept yet.
    let forget = "delete from idempotency_key where method = $1 and path = $2 and idempotency_key = $3";
    session.execute(forget, key.arguments()).await?;
    let sql = "insert into idempotency_key \
               (method, path, idempotency_key, body_hash, status, location, answer, created_at) \
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let text = |text: &str| Value::Text(text.to_owned());
    let mut arguments = key.arguments();
    arguments.extend([
        (Kind::Text, text(&key.body_hash)),
        (Kind::Int, Value::Int(answer.status.into())),
        (Kind::Text, answer.location.as_deref().map_or(Value::Null, text)),
        (Kind::Text, text(&answer.body)),
        (Kind::Time, Value::Time(now)),
    ]);
    session.execute(sql, arguments).await
}

/// The number that stands for a scope among PostgreSQL's advisory locks.
fn lock_number(scope: &str) -> Argument {
    let number = u32::from_str_radix(&scope[..8], 16).unwrap_or_default().cast_signed();
    (Kind::Int, Value::Int(number.into()))
}
