//! Backups that are proved by restoring them.
//!
//! `create` copies a database while it is used (`engine`), with what was in it at that moment (`content`), and `verify` restores
//! the copy into a scratch database and compares. A backup is a file and a [`Manifest`] beside it, in a `store`, a directory or a
//! bucket; `retention` says which of them may go, `restore` puts one in the place of the live database, whole or not at all, and
//! `rehearse` tries migrations on what one restores.

mod content;
mod create;
mod definition;
mod engine;
mod error;
mod kind;
mod leftovers;
mod manifest;
mod progress;
mod rehearse;
mod restore;
mod retention;
mod store;
mod trial;
mod verify;

pub use content::{Content, TableContent};
pub use create::{Created, Request, create};
pub use definition::Definition;
pub use engine::known_as;
pub use error::BackupError;
pub use kind::DatabaseKind;
pub use leftovers::sweep;
pub use manifest::{Attempt, Manifest, Verification};
pub use rehearse::{Rehearsal, rehearse};
pub use restore::{Manner, Restoration, plan_restore, restore};
pub use retention::{Retention, expired};
pub use store::{Backup, Fetched, Location, Place, Store};
pub use trial::Scratch;
pub use verify::verify;
