//! `partbook token create`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use partbook_domain::access::{Grant, MAX_TOKENS, Scopes, TokenRecord};
use partbook_domain::clock::{Clock as _, SystemClock};

use super::file::HeldFile;
use super::mint::new_token;
use super::values::{Entities, Lifetime, Networks, entities, lifetime, name, networks, scopes};
use crate::cli::Failure;
use crate::cli::output::print;
use crate::config::Setting;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What the token is called in the log: letters, digits, `.`, `_` and `-`
    #[arg(value_name = "NAME", value_parser = Setting(name))]
    name: String,

    /// What it allows, separated by commas: `read`; `write`, which includes `read`; `metrics`; `admin`, which includes all
    #[arg(long, value_name = "SCOPES", value_parser = Setting(scopes))]
    scope: Scopes,

    /// The entities that it is narrowed to, separated by commas, such as `cpu,gpu`
    #[arg(long, value_name = "ENTITIES", default_value = "", hide_default_value = true, value_parser = Setting(entities))]
    entity: Entities,

    /// When it ends: a number with `s`, `m`, `h` or `d`, such as `90d`; without this it does not
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true, value_parser = Setting(lifetime))]
    expires: Lifetime,

    /// The networks that it is accepted from, separated by commas, such as `10.0.0.0/8`
    #[arg(long, value_name = "NETWORKS", default_value = "", hide_default_value = true, value_parser = Setting(networks))]
    from: Networks,

    /// The file that its hash is added to, which the service reads as `PARTBOOK_TOKENS_FILE`
    #[arg(long, value_name = "FILE", env = "PARTBOOK_TOKENS_FILE")]
    to_file: PathBuf,
}

/// Makes a token.
///
/// # Errors
/// The file cannot be read or written, or has a token of this name.
pub(super) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { name, scope, entity, expires, from, to_file } = arguments;
    let mut file = HeldFile::open_or_make(&to_file)?;
    if file.records().iter().any(|record| *record.name == *name) {
        return Err(file.fault(&format!("it has a token called {name}; choose another name, or rotate it")));
    }
    if file.records().len() >= MAX_TOKENS {
        return Err(file.fault(&format!("it has {MAX_TOKENS} tokens, and may have no more")));
    }
    let token = new_token()?;
    let record = TokenRecord {
        name: name.into(),
        hash: token.hash(),
        grant: Arc::new(Grant { scopes: scope, entities: entity }),
        expires_at: expires.map(|lifetime| SystemClock.now().later(lifetime)),
        from,
    };
    // It is shown when it is kept: a token that nobody accepts would be found out later.
    file.add(&record)?;
    print(&format!("{}\n", token.reveal()))
}
