//! What a write keeps whatever the clock says. Everything else is tested over HTTP, on every database.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use partbook_database::{DatabaseUrl, Pool, PoolSettings, Prepared};
use partbook_domain::access::Actor;
use partbook_domain::clock::Clock;
use partbook_domain::edit::{EditMode, Nulls};
use partbook_domain::entity::cpu::CPU;
use partbook_domain::precondition::Precondition;
use partbook_domain::{Entity, FieldErrors, Json, Object, Representation, Row, Timestamp, json};

use crate::{Create, Repository, RepositoryLimits, Update, required_tables};

/// A clock that goes back a day at every look.
#[derive(Debug)]
struct Backwards(AtomicI64);

impl Clock for Backwards {
    fn now(&self) -> Timestamp {
        let day = self.0.fetch_sub(1, Ordering::Relaxed);
        Timestamp::parse(&format!("2026-01-{day:02}")).unwrap()
    }
}

/// The entity's own shape.
#[derive(Debug)]
pub(super) struct Plain;

impl Representation for Plain {
    fn read(&self, _: &Entity, body: Json) -> Result<Object, FieldErrors> {
        Ok(body.as_object().unwrap().clone())
    }

    fn unknown(&self, _: &Entity, _: &Json) -> FieldErrors {
        FieldErrors::default()
    }

    fn write(&self, row: &Row, out: &mut Vec<u8>) {
        row.write_json(out);
    }
}

/// A new SQLite file in a directory.
pub(super) async fn prepared(directory: &Path) -> Prepared {
    let url = format!("sqlite://{}", directory.join("catalog.db").display());
    let pool = Pool::connect(&DatabaseUrl::parse(&url).unwrap(), &PoolSettings::default()).await.unwrap();
    let at_start = partbook_migrate::AtStart::Migrate(&partbook_migrate::NoPrecaution);
    partbook_migrate::prepare(pool, &required_tables(), at_start).await.unwrap()
}

#[tokio::test]
async fn updated_at_moves_forward_whatever_the_clock_does() {
    let directory = tempfile::tempdir().unwrap();
    let prepared = prepared(directory.path()).await;
    let repository = Repository::open(prepared, Arc::new(Backwards(AtomicI64::new(20))), RepositoryLimits::default());
    let body = |text: &str| json::parse(text.as_bytes()).unwrap();
    let create = Create {
        entity: &CPU,
        body: body(r#"{"name":"a","manufacturer":"b"}"#),
        representation: &Plain,
        strict: false,
        actor: Actor::Anonymous,
    };
    let id = repository.create(create).await.unwrap().id;
    let mut row = repository.get(&CPU, id).await.unwrap();
    assert_eq!(row.updated_at.to_string(), "2026-01-20T00:00:00.000000Z");
    for cores in 1..=3 {
        let update = Update {
            entity: &CPU,
            id,
            body: body(&format!(r#"{{"cores":{cores}}}"#)),
            mode: EditMode::Merge(Nulls::Remove),
            precondition: Precondition::default(),
            representation: &Plain,
            strict: false,
            actor: Actor::Anonymous,
        };
        let written = repository.update(update).await.unwrap();
        let changed = repository.get(&CPU, id).await.unwrap();
        assert_eq!(changed.updated_at, row.updated_at.next());
        assert_eq!(written.body, Plain.to_bytes(&changed));
        row = changed;
    }
}
