//! Who uses a row, in SQL: listings, and rows of tables that are not ours (contract section 2, DELETE).

use partbook_database::Statement;
use partbook_database::catalogue::ForeignKey;
use partbook_domain::Entity;
use partbook_domain::entity::listing::LISTING;

/// How the uses of one entity's rows are found.
#[derive(Debug)]
pub(crate) struct Usage {
    /// Which listings use the row `$1`; none where listings cannot.
    listings: Option<String>,
    /// Other tables that point at the entity.
    pub(crate) others: Vec<Other>,
}

/// A table of another program that points at the entity.
#[derive(Debug)]
pub(crate) struct Other {
    /// Its name, for people.
    pub(crate) name: String,
    /// Counts its rows that point at the row `$1`; none where the service may not read it.
    pub(crate) count: Option<Statement>,
}

impl Usage {
    pub(crate) fn compose(entity: &'static Entity, foreign_keys: &[&ForeignKey]) -> Self {
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
        let pointing: Vec<&&ForeignKey> = foreign_keys.iter().filter(|key| key.target == entity.name).collect();
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
            let count = other.readable.then(|| {
                let sql = format!("select count(*) from {} where {keys}", other.table);
                Statement::select(other.table.clone(), sql)
            });
            others.push(Other { name: other.name.clone(), count });
        }
        Self { listings: (!uses.is_empty()).then(|| uses.join(" or ")), others }
    }

    /// Which listings use the row `$1`, as a condition; none where listings cannot.
    pub(crate) fn listings(&self) -> Option<&str> {
        self.listings.as_deref()
    }
}
