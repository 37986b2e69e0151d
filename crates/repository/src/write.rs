//! Creating and updating: one transaction that reads the row under lock, changes it, and writes what changed.
//!
//! Writes come first and violations are explained after: a check alone could be outrun by another writer.

use partbook_domain::edit::{self, Draft, EditMode};
use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, FieldError, Identity, Kind, Object, Pointer, Refusal, Row, Timestamp, Value};
use sqlx::AssertSqlSafe;

use crate::Error;
use crate::columns::{Argument, Columns, first_int, int};
use crate::contention::Attempts;
use crate::error::Violation;
use crate::session::Session;
use crate::settle::Change;
use crate::store::Store;

/// How often a write that met a violation is tried: whoever caused it may be gone, or be found, at the next look.
pub(crate) const ATTEMPTS: usize = 3;

impl Store {
    pub(crate) async fn create(&self, entity: &'static Entity, body: &Object) -> Result<Row, Error> {
        let draft = edit::create(entity, body);
        // What points nowhere can be told only by the database; every other error is known already.
        if !draft.errors.is_empty() && entity.references.is_empty() {
            return Err(Refusal::Invalid(draft.errors).into());
        }
        let (mut attempts, mut attempt) = (Attempts::new(), 1);
        loop {
            match self.try_create(entity, &draft).await {
                Err(error) if error.violation().is_some() => self.explain(entity, None, body, error, attempt).await?,
                Err(error) => {
                    attempts.again(error)?;
                    continue;
                }
                done => return done,
            }
            attempt += 1;
        }
    }

    /// The precondition is judged between the lock and the draft, so that nobody can change the row after it held.
    pub(crate) async fn update(
        &self,
        entity: &'static Entity,
        id: i64,
        body: &Object,
        mode: EditMode,
        precondition: &Precondition,
    ) -> Result<Row, Error> {
        let (mut attempts, mut attempt) = (Attempts::new(), 1);
        loop {
            match self.try_update(entity, id, body, mode, precondition).await {
                Err(error) if error.violation().is_some() => {
                    self.explain(entity, Some(id), body, error, attempt).await?;
                }
                Err(error) => {
                    attempts.again(error)?;
                    continue;
                }
                done => return done,
            }
            attempt += 1;
        }
    }

    async fn try_create(&self, entity: &'static Entity, draft: &Draft) -> Result<Row, Error> {
        let mut session = self.connections().begin().await?;
        self.take_turn(&mut session, entity).await?;
        let row = self.create_in(&mut session, entity, draft).await?;
        session.commit().await?;
        Ok(row)
    }

    /// Creates a row in a transaction whose turn it is.
    pub(crate) async fn create_in(
        &self,
        session: &mut Session,
        entity: &'static Entity,
        draft: &Draft,
    ) -> Result<Row, Error> {
        let statements = self.statements(entity);
        self.check_references(session, entity, draft).await?;
        if let Some(id) = self.find(session, entity, &draft.values).await? {
            match statements.row_of(session, statements.get, id).await {
                // Another program has deleted it since.
                Err(Error::Refused(Refusal::NotFound { .. })) => {}
                found => return found,
            }
        }
        let now = self.clock().now();
        let columns = entity.columns().map(|(index, field)| (field.kind, draft.values[index].clone()));
        let mut arguments: Vec<Argument> = columns.collect();
        arguments.extend([(Kind::Time, Value::Time(now)), (Kind::Time, Value::Time(now))]);
        let rows = session.rows(statements.insert, arguments, &[Kind::Int]).await?;
        let id = first_int(&rows).ok_or(Error::Internal(sqlx::Error::RowNotFound))?;
        let change = Change { entity, id, stored: None, draft, now };
        self.settle_flag(session, &change).await?;
        self.write_children(session, &change).await?;
        self.as_stored(session, new_row(entity, id, now, now, draft.values.clone())).await
    }

    async fn try_update(
        &self,
        entity: &'static Entity,
        id: i64,
        body: &Object,
        mode: EditMode,
        precondition: &Precondition,
    ) -> Result<Row, Error> {
        let mut session = self.connections().begin().await?;
        self.take_turn(&mut session, entity).await?;
        let row = self.lock(&mut session, entity, id).await?;
        precondition.evaluate(&row)?;
        let draft = edit::update(entity, &row.values, body, mode);
        self.check_references(&mut session, entity, &draft).await?;
        self.check_natural_key(&mut session, &row, &draft).await?;
        // Never back, whatever the clock does, and never the same: a change must be seen.
        let now = self.clock().now().max(row.updated_at.next());
        let change = Change { entity, id, stored: Some(&row), draft: &draft, now };
        self.settle_flag(&mut session, &change).await?;
        if !draft.changed.contains(&true) {
            session.commit().await?;
            return Ok(row);
        }
        let mut arguments = vec![int(id), (Kind::Time, Value::Time(now))];
        let mut sets = String::new();
        for (index, field) in entity.columns().filter(|(index, _)| draft.changed[*index]) {
            arguments.push((field.kind, draft.values[index].clone()));
            let parameter = self.dialect().placeholder(field.kind, arguments.len());
            sets += &format!(", {} = {parameter}", field.column());
        }
        let sql = format!("update {} set updated_at = $2{sets} where id = $1", entity.name);
        session.execute(AssertSqlSafe(sql), arguments).await?;
        self.write_children(&mut session, &change).await?;
        let row = self.as_stored(&mut session, new_row(entity, id, row.created_at, now, draft.values)).await?;
        session.commit().await?;
        Ok(row)
    }

    /// The row of an id, which nobody else can change until the session ends.
    async fn lock(&self, session: &mut Session, entity: &'static Entity, id: i64) -> Result<Row, Error> {
        let statements = self.statements(entity);
        // A row with parts in other tables is locked first and read then: a statement that waits for the lock would see
        // the other tables as they were before.
        if statements.is_flat() {
            return statements.row_of(session, statements.get_locked, id).await;
        }
        session.rows(statements.lock_for_update, vec![int(id)], &[Kind::Int]).await?;
        statements.row_of(session, statements.get, id).await
    }

    /// The row as it now is; one with parts in other tables is read again.
    async fn as_stored(&self, session: &mut Session, new: Row) -> Result<Row, Error> {
        let statements = self.statements(new.entity);
        if statements.is_flat() { Ok(new) } else { statements.row_of(session, statements.get, new.id).await }
    }

    /// Makes writers of the entity wait for each other, where they must. Before any row is locked, so that two of them
    /// cannot wait for each other's rows.
    pub(crate) async fn take_turn(&self, session: &mut Session, entity: &Entity) -> Result<(), Error> {
        if entity.needs_lock()
            && let Some(sql) = self.dialect().take_turn(entity)
        {
            session.rows(AssertSqlSafe(sql), Vec::new(), &[Kind::Absent]).await?;
        }
        Ok(())
    }

    /// Refuses a draft with errors, those of references that point nowhere among them.
    async fn check_references(&self, session: &mut Session, entity: &Entity, draft: &Draft) -> Result<(), Error> {
        let mut errors = draft.errors.clone();
        let given = entity.references.iter().filter_map(|reference| {
            let (index, field) = entity.field(reference.field)?;
            Some((reference.target, field, draft.values[index].as_int().filter(|_| draft.changed[index])?))
        });
        let given: Vec<_> = given.collect();
        if !given.is_empty() {
            let exists = given.iter().enumerate().map(|(index, (target, ..))| {
                format!("(select count(*) from {} where id = ${})", target.name, index + 1)
            });
            let sql = format!("select {}", exists.collect::<Vec<_>>().join(", "));
            let ids = given.iter().map(|(_, _, id)| int(*id)).collect();
            let rows = session.rows(AssertSqlSafe(sql), ids, &vec![Kind::Int; given.len()]).await?;
            for ((target, field, id), count) in given.iter().zip(rows.into_iter().flatten()) {
                if count == Value::Int(0) {
                    let detail = format!("refers to a {} that does not exist (id {id})", target.label);
                    errors.push(FieldError::new(Pointer::field(field.name), "reference", detail));
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(errors).into()) }
    }

    /// Refuses a change of a natural key of several columns to one that another row has.
    async fn check_natural_key(&self, session: &mut Session, row: &Row, draft: &Draft) -> Result<(), Error> {
        let statements = self.statements(row.entity);
        let key = |values| statements.natural_key(values).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        if key(&row.values) == key(&draft.values) {
            return Ok(());
        }
        match self.find(session, row.entity, &draft.values).await? {
            Some(other) if other != row.id => Err(Refusal::duplicate(row.entity, None).into()),
            _ => Ok(()),
        }
    }

    /// The lowest id with these values' natural key of several columns.
    async fn find(&self, session: &mut Session, entity: &Entity, values: &[Value]) -> Result<Option<i64>, Error> {
        let statements = self.statements(entity);
        let Some(sql) = statements.find else { return Ok(None) };
        let rows = session.rows(sql, statements.natural_key(values), &[Kind::Int]).await?;
        Ok(first_int(&rows))
    }

    /// Says what a violation means, or lets the write be tried again: the next attempt looks at keys and references anew.
    async fn explain(
        &self,
        entity: &'static Entity,
        id: Option<i64>,
        body: &Object,
        error: Error,
        attempt: usize,
    ) -> Result<(), Error> {
        if let Some((sql, arguments, name)) = query_of_name(entity, body, &error)
            && is_name_of_another(&self.connections().rows(sql, arguments, &[Kind::Int]).await?, id)
        {
            return Err(Refusal::duplicate(entity, Some(name)).into());
        }
        if attempt < ATTEMPTS { Ok(()) } else { Err(error.may_pass()) }
    }
}

/// Where a violation may mean that a body's name is taken: what asks who has it, and the name.
pub(crate) fn query_of_name<'b>(
    entity: &Entity,
    body: &'b Object,
    error: &Error,
) -> Option<(AssertSqlSafe<String>, Vec<Argument>, &'b str)> {
    if error.violation() != Some(Violation::Unique) || entity.identity != Identity::Name {
        return None;
    }
    let name = body.get("name")?.as_str()?;
    let sql = AssertSqlSafe(format!("select id from {} where name = $1", entity.name));
    Some((sql, vec![(Kind::Text, Value::Text(name.to_owned()))], name))
}

/// Whether another row than that of `id` was found.
pub(crate) fn is_name_of_another(found: &[Columns], id: Option<i64>) -> bool {
    found.iter().flatten().any(|found| found.as_int() != id)
}

fn new_row(entity: &'static Entity, id: i64, created_at: Timestamp, updated_at: Timestamp, values: Vec<Value>) -> Row {
    Row { entity, id, created_at, updated_at, values, read_only: Vec::new(), hidden: Vec::new(), nested: Vec::new() }
}
