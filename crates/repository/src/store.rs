//! What every operation works with: the connections, the statements of each entity, the clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use partbook_domain::clock::Clock;
use partbook_domain::entity::listing::LISTING;
use partbook_domain::{Entity, Kind, Row, Value, registry};
use sqlx::AssertSqlSafe;

use crate::columns::int;
use crate::dialect::Dialect;
use crate::idempotency::{self, Running};
use crate::schema::{self, StartError};
use crate::session::Connections;
use crate::statements::Statements;
use crate::usage::Usage;
use crate::{Error, Pool};

/// The catalog's rows. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connections: Connections,
    dialect: Dialect,
    clock: Arc<dyn Clock>,
    custom_fields: bool,
    /// Whether there is a table for answers that are kept.
    keeps_answers: bool,
    /// The requests with an idempotency key that run.
    running: Arc<Running>,
    entities: BTreeMap<&'static str, (Statements, Usage)>,
}

/// Whether the database answers.
#[derive(Debug)]
pub enum Availability {
    /// It does.
    Available,
    /// Every connection of the pool is in use.
    Busy,
    /// It does not, or not in time.
    Away(Option<Error>),
}

/// A field that the legacy service's users defined (contract section 5).
#[derive(Clone, Debug)]
pub struct CustomField {
    /// Its columns: id, key, label, `data_type`, required, `is_locked`, description, options, `is_active`.
    pub columns: [Value; 9],
}

/// How long a health check waits for the database.
const PATIENCE: Duration = Duration::from_secs(2);

impl Store {
    /// Opens the catalog on a database that [`crate::prepare`] has found in order.
    ///
    /// # Errors
    /// The database's own description could not be read.
    pub(crate) async fn open(pool: Pool, clock: Arc<dyn Clock>) -> Result<Self, StartError> {
        let dialect = Dialect::of(&pool);
        let tables: Vec<&str> = registry().iter().map(|entity| entity.name).collect();
        let ours: Vec<&str> = needed_columns().into_iter().map(|(table, _)| table).collect();
        let foreign = schema::foreign_references(&pool, &tables, &ours).await?;
        let custom_fields = schema::has_table(&pool, "custom_field_definition").await?;
        let keeps_answers = schema::has_table(&pool, idempotency::TABLE).await?;
        let entities = registry().iter().map(|entity| {
            let usage = Usage::compose(entity, &foreign);
            (entity.name, (Statements::compose(dialect, entity), usage))
        });
        let entities = entities.collect();
        let (connections, running) = (Connections::new(pool), Arc::default());
        Ok(Self(Arc::new(Inner { connections, dialect, clock, custom_fields, keeps_answers, running, entities })))
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }

    pub(crate) fn running(&self) -> &Arc<Running> {
        &self.0.running
    }

    pub(crate) fn keeps_answers(&self) -> bool {
        self.0.keeps_answers
    }

    pub(crate) fn statements(&self, entity: &Entity) -> &Statements {
        &self.entry(entity).0
    }

    pub(crate) fn usage_of(&self, entity: &Entity) -> &Usage {
        &self.entry(entity).1
    }

    fn entry(&self, entity: &Entity) -> &(Statements, Usage) {
        self.0.entities.get(entity.name).expect("every entity of the registry has its statements")
    }

    /// One row.
    ///
    /// # Errors
    /// No such row, or the database is away.
    pub(crate) async fn get(&self, entity: &'static Entity, id: i64) -> Result<Row, Error> {
        let statements = self.statements(entity);
        let rows = self.connections().rows(statements.get, vec![int(id)], statements.kinds).await?;
        let columns = rows.into_iter().next().ok_or_else(|| partbook_domain::Refusal::not_found(entity, &id))?;
        Ok(statements.row(columns))
    }

    /// Whether no entity has a row yet.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn is_empty(&self) -> Result<bool, Error> {
        for entity in registry() {
            let sql = AssertSqlSafe(format!("select id from {} limit 1", entity.name));
            if !self.connections().rows(sql, Vec::new(), &[Kind::Int]).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many rows each entity has, in one statement.
    pub(crate) async fn row_counts(&self) -> Result<Vec<(&'static Entity, i64)>, Error> {
        let counts: Vec<String> =
            registry().iter().map(|entity| format!("(select count(*) from {})", entity.name)).collect();
        let sql = AssertSqlSafe(format!("select {}", counts.join(", ")));
        let rows = self.connections().rows(sql, Vec::new(), &vec![Kind::Int; counts.len()]).await?;
        let counts = rows.into_iter().flatten().map(|count| count.as_int().unwrap_or(0));
        Ok(registry().iter().copied().zip(counts).collect())
    }

    /// Asks the database for a sign of life; answers within two seconds.
    pub(crate) async fn availability(&self) -> Availability {
        let ping = self.connections().rows("select 1", Vec::new(), &[Kind::Int]);
        match tokio::time::timeout(PATIENCE, ping).await {
            Ok(Ok(_)) => Availability::Available,
            Ok(Err(error)) if error.is_saturation() && self.connections().pool().is_exhausted() => Availability::Busy,
            Ok(Err(error)) => Availability::Away(Some(error)),
            Err(_) if self.connections().pool().is_exhausted() => Availability::Busy,
            Err(_) => Availability::Away(None),
        }
    }

    /// Whether every table and column that the statements name is still there.
    ///
    /// # Errors
    /// One is not, or the database is away.
    pub(crate) async fn check_schema(&self) -> Result<(), Error> {
        for (statements, usage) in self.0.entities.values() {
            let select = AssertSqlSafe(format!("{} where false", statements.select));
            self.connections().rows(select, Vec::new(), statements.kinds).await?;
            if let Some(uses) = usage.listings() {
                let uses = AssertSqlSafe(format!("select id from {} where false and ({uses})", LISTING.name));
                self.connections().rows(uses, vec![int(0)], &[Kind::Int]).await?;
            }
        }
        Ok(())
    }

    /// The custom fields of an entity, in their display order; none on a schema without them.
    ///
    /// # Errors
    /// The database is away.
    pub(crate) async fn custom_fields(&self, entity: &Entity) -> Result<Vec<CustomField>, Error> {
        if !self.0.custom_fields {
            return Ok(Vec::new());
        }
        let kinds = [
            Kind::Int,
            Kind::Text,
            Kind::Text,
            Kind::Text,
            Kind::Bool,
            Kind::Bool,
            Kind::Text,
            Kind::AnyJson,
            Kind::Bool,
        ];
        let columns =
            ["id", "key", "label", "data_type", "required", "is_locked", "description", "options", "is_active"];
        let columns = columns.iter().zip(kinds).map(|(column, kind)| self.dialect().read(kind, column));
        let sql = format!(
            "select {} from custom_field_definition where entity = $1 and deleted_at is null order by display_order, id",
            columns.collect::<Vec<_>>().join(", ")
        );
        let name = (Kind::Text, Value::Text(entity.name.to_owned()));
        let rows = self.connections().rows(AssertSqlSafe(sql), vec![name], &kinds).await?;
        Ok(rows.into_iter().filter_map(|row| Some(CustomField { columns: row.try_into().ok()? })).collect())
    }
}

/// Every table and column that the service reads or writes: what a legacy schema must have (contract section 9).
#[must_use]
pub fn needed_columns() -> Vec<(&'static str, Vec<&'static str>)> {
    let mut tables: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    let stamped = || vec!["id", "created_at", "updated_at"];
    for entity in registry() {
        let mut columns = stamped();
        for field in entity.fields.iter().chain(entity.read_only).chain(entity.hidden) {
            match field.kind {
                Kind::Children(children) => {
                    let mut child = stamped();
                    child.push(children.parent);
                    let kept = children.fields.iter().filter(|field| !matches!(field.kind, Kind::Absent));
                    child.extend(kept.map(partbook_domain::Field::column));
                    tables.push((children.table, child));
                }
                _ => columns.push(field.column()),
            }
        }
        let through = entity.references.iter().filter_map(|reference| reference.through.as_ref());
        tables.extend(through.map(|through| (through.table, vec![through.owner, through.target])));
        tables.push((entity.name, columns));
    }
    tables
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use partbook_domain::edit::Nulls;
    use partbook_domain::entity::cpu::CPU;
    use partbook_domain::precondition::Precondition;
    use partbook_domain::{Timestamp, edit, json};

    use super::*;
    use crate::{DatabaseUrl, PoolSettings, prepare};

    /// A clock that goes back a day at every look.
    #[derive(Debug)]
    struct Backwards(AtomicI64);

    impl Clock for Backwards {
        fn now(&self) -> Timestamp {
            let day = self.0.fetch_sub(1, Ordering::Relaxed);
            Timestamp::parse(&format!("2026-01-{day:02}")).unwrap()
        }
    }

    #[tokio::test]
    async fn updated_at_moves_forward_whatever_the_clock_does() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("clock.db").display());
        let pool = Pool::connect(&DatabaseUrl::parse(&url).unwrap(), &PoolSettings::default()).await.unwrap();
        prepare(&pool, &needed_columns()).await.unwrap();
        let repository = Store::open(pool, Arc::new(Backwards(AtomicI64::new(20)))).await.unwrap();
        let object = |text: &str| json::parse(text.as_bytes()).unwrap().as_object().unwrap().clone();
        let mut row = repository.create(&CPU, &object(r#"{"name":"a","manufacturer":"b"}"#)).await.unwrap();
        assert_eq!(row.updated_at.to_string(), "2026-01-20T00:00:00.000000Z");
        for cores in 1..=3 {
            let patch = object(&format!(r#"{{"cores":{cores}}}"#));
            let mode = edit::EditMode::Merge(Nulls::Remove);
            let changed = repository.update(&CPU, row.id, &patch, mode, &Precondition::NONE).await.unwrap();
            assert_eq!(changed.updated_at, row.updated_at.next());
            assert_eq!(changed, repository.get(&CPU, row.id).await.unwrap());
            row = changed;
        }
    }
}
