//! What every operation works with: the database, the statements of each entity, the clock.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use partbook_database::{Consistency, Database, Dialect, Prepared, Replicas, TextDialect, Violation};
use partbook_domain::clock::Clock;
use partbook_domain::entity::custom_field::CUSTOM_FIELD;
use partbook_domain::{Entity, Kind, Row, Vocabulary, registry};

use crate::error::Error;
use crate::gathering::Gathering;
use crate::idempotency::{InFlight, StorageLimit};
use crate::statements::Statements;
use crate::statements::keys::Keys;
use crate::statements::required_tables::required_tables;
use crate::statements::search::SearchPlaces;
use crate::statements::stored_responses::{STORED_RESPONSES, StoredResponseStatements};
use crate::statements::trigram::TrigramIndex;
use crate::statements::usage::Usage;

/// How many statements read rows of an entity by id at once.
const READ_LANES: usize = 2;

/// How many rows a statement reads at most that are asked for by id.
const MAX_READ_TOGETHER: usize = 64;

/// The requests for rows of an entity by id.
type Reads = Gathering<Context, (&'static Entity, i64, Option<Arc<Consistency>>), Result<Option<Row>, Error>>;

/// How much the operations may take up.
#[derive(Clone, Copy, Debug)]
pub struct RepositoryLimits {
    /// What is stored for idempotency keys in all, bytes.
    pub idempotency_bytes: u64,
    /// Whether nothing is written.
    pub is_read_only: bool,
}

impl Default for RepositoryLimits {
    fn default() -> Self {
        Self { idempotency_bytes: 256 * 1024 * 1024, is_read_only: false }
    }
}

/// What every operation works with: the database, for one request or for all, and what is shared.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) database: Database,
    shared: Arc<Shared>,
}

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) dialect: Dialect,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether nothing is written.
    pub(crate) is_read_only: bool,
    /// Whether there is a table of custom fields.
    pub(crate) has_custom_fields: bool,
    /// The statements on the table for stored responses, where there is one.
    stored_responses: Option<StoredResponseStatements>,
    /// The requests with an idempotency key that run in this process.
    pub(crate) in_flight: Arc<InFlight>,
    /// How much may be stored for idempotency keys.
    pub(crate) storage_limit: StorageLimit,
    /// The words that can be stored.
    pub(crate) vocabulary: Vocabulary,
    entities: BTreeMap<&'static str, (Statements, Usage)>,
    searches: BTreeMap<&'static str, SearchPlaces>,
    trigram_indexes: BTreeMap<&'static str, TrigramIndex>,
    keys: BTreeMap<&'static str, Keys>,
    reads: BTreeMap<&'static str, Arc<Reads>>,
}

impl Context {
    pub(crate) fn new(
        prepared: Prepared,
        replicas: Option<Replicas>,
        clock: Arc<dyn Clock>,
        limits: RepositoryLimits,
    ) -> Self {
        let database = Database::new(prepared.pool.clone(), replicas);
        Self { database, shared: Arc::new(Shared::new(prepared, clock, limits)) }
    }

    /// The same for one request.
    pub(crate) fn within(&self, consistency: Arc<Consistency>, reads_replicas: bool) -> Self {
        Self { database: self.database.within(consistency, reads_replicas), shared: self.shared.clone() }
    }

    /// The same for requests that are answered together.
    pub(crate) fn within_all(&self, requests: Vec<Arc<Consistency>>) -> Self {
        Self { database: self.database.within_all(requests), shared: self.shared.clone() }
    }
}

impl Deref for Context {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Shared {
    fn new(Prepared { pool, catalogue, own, .. }: Prepared, clock: Arc<dyn Clock>, limits: RepositoryLimits) -> Self {
        let dialect = Dialect::of(&pool);
        let text = TextDialect::new(dialect, catalogue.encoding);
        let stored_responses = own.table(STORED_RESPONSES);
        let tables: Vec<&str> = registry().iter().map(|entity| entity.name).collect();
        let ours: Vec<&str> =
            required_tables().into_iter().filter(|table| !table.is_own).map(|table| table.name).collect();
        let foreign_keys: Vec<_> = catalogue.foreign_keys_of_others(&tables, &ours).collect();
        let has_custom_fields = catalogue.table(CUSTOM_FIELD.name).is_some_and(|table| {
            let columns = CUSTOM_FIELD.columns().map(|(_, field)| field.column());
            let mut columns = columns.chain(["id", "created_at", "updated_at"]);
            table.readable && columns.all(|column| table.column(column).is_some())
        });
        let served = || registry().iter().copied().chain(has_custom_fields.then_some(&CUSTOM_FIELD));
        let kinds = registry().iter().flat_map(|entity| entity.fields).map(|field| field.kind);
        let enumerations =
            kinds.filter_map(|kind| if let Kind::Enum(enumeration) = kind { Some(enumeration) } else { None });
        let vocabulary = Vocabulary::new(enumerations, |name| catalogue.enums.get(name));
        let entities = served().map(|entity| {
            let usage = Usage::compose(entity, &foreign_keys);
            (entity.name, (Statements::compose(text, entity, &vocabulary), usage))
        });
        let searches = registry().iter().map(|entity| (entity.name, SearchPlaces::compose(text, entity, &catalogue)));
        let trigram_indexes = registry()
            .iter()
            .filter_map(|entity| Some((entity.name, TrigramIndex::compose(text, entity, &catalogue, &own)?)));
        Self {
            searches: searches.collect(),
            trigram_indexes: trigram_indexes.collect(),
            entities: entities.collect(),
            vocabulary,
            reads: served().map(|entity| (entity.name, Gathering::new(READ_LANES, MAX_READ_TOGETHER))).collect(),
            keys: served().map(|entity| (entity.name, Keys::of(entity, &catalogue))).collect(),
            dialect,
            clock,
            is_read_only: limits.is_read_only,
            has_custom_fields,
            stored_responses: catalogue
                .has_readable(&stored_responses)
                .then(|| StoredResponseStatements::compose(&stored_responses)),
            in_flight: Arc::default(),
            storage_limit: StorageLimit::new(limits.idempotency_bytes),
        }
    }

    /// The statements of each entity of the registry, and how its uses are found.
    pub(crate) fn entities(&self) -> impl Iterator<Item = &(Statements, Usage)> {
        self.entities.values()
    }

    /// Whether there is a table for stored responses.
    pub(crate) fn supports_idempotency(&self) -> bool {
        self.stored_responses.is_some()
    }

    /// The statements on the table for stored responses.
    pub(crate) fn stored_responses(&self) -> &StoredResponseStatements {
        self.stored_responses.as_ref().expect("nobody stores responses who has not asked whether there is a table")
    }

    /// The columns with folded text that search relies on, each with its table.
    pub(crate) fn folded_columns(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.searches.values().flat_map(SearchPlaces::stored_columns)
    }

    /// What the database calls the keys of an entity.
    pub(crate) fn keys(&self, entity: &Entity) -> &Keys {
        self.keys.get(entity.name).expect("every entity that is served has its keys")
    }

    /// Whether a violation is of a natural key of the catalog.
    pub(crate) fn is_natural_key(&self, violation: &Violation) -> bool {
        self.keys.values().any(|keys| keys.is_natural(violation))
    }

    pub(crate) fn statements(&self, entity: &Entity) -> &Statements {
        &self.entry(entity).0
    }

    pub(crate) fn usage(&self, entity: &Entity) -> &Usage {
        &self.entry(entity).1
    }

    /// The requests for rows of an entity by id.
    pub(crate) fn reads(&self, entity: &Entity) -> &Arc<Reads> {
        self.reads.get(entity.name).expect("every entity that is served has its reads")
    }

    /// Where the words of a search are looked for.
    pub(crate) fn search(&self, entity: &Entity) -> &SearchPlaces {
        self.searches.get(entity.name).expect("every entity of the registry is searched")
    }

    /// The trigram indexes that search asks.
    pub(crate) fn trigram_indexes(&self) -> impl Iterator<Item = &TrigramIndex> {
        self.trigram_indexes.values()
    }

    /// The trigram index of an entity's folded text, where there is one.
    pub(crate) fn trigram_index(&self, entity: &Entity) -> Option<&TrigramIndex> {
        self.trigram_indexes.get(entity.name)
    }

    fn entry(&self, entity: &Entity) -> &(Statements, Usage) {
        self.entities.get(entity.name).expect("every entity of the registry has its statements")
    }
}
