//! `partbook token rotate`.

use std::time::Duration;

use clap::Args;
use partbook_domain::access::TokenRecord;
use partbook_domain::clock::{Clock as _, SystemClock};

use super::file::{FileArgument, HeldFile};
use super::mint::new_token;
use super::values::{Lifetime, grace, lifetime, name};
use crate::cli::Failure;
use crate::cli::output::print;
use crate::config::Setting;

#[derive(Args)]
pub(crate) struct Arguments {
    /// What the token is called
    #[arg(value_name = "NAME", value_parser = Setting(name))]
    name: String,

    /// How long the old one goes on: a number with `s`, `m`, `h` or `d`
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = Setting(grace))]
    grace: Duration,

    /// When the new one ends; without this when the old one would have
    #[arg(long, value_name = "TIME", default_value = "", hide_default_value = true, value_parser = Setting(lifetime))]
    expires: Lifetime,

    #[command(flatten)]
    file: FileArgument,
}

/// Puts a new token in the place of one.
///
/// # Errors
/// There is none of this name, or the file cannot be read or written.
pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut file = HeldFile::open(&arguments.file.file)?;
    let now = SystemClock.now();
    let old = file.newest(&arguments.name)?;
    let token = new_token()?;
    let expires_at = arguments.expires.map(|lifetime| now.later(lifetime)).or(old.expires_at);
    let new = TokenRecord { hash: token.hash(), expires_at, ..old };
    if new.has_expired(now) {
        return Err(file.fault(&format!("{} has expired; say when the new one ends with --expires", arguments.name)));
    }
    let end = now.later(arguments.grace);
    let change = |record: &TokenRecord| {
        if *record.name != *arguments.name {
            return Some(record.clone());
        }
        let expires_at = record.expires_at.map_or(end, |expires_at| expires_at.min(end));
        (expires_at > now).then(|| TokenRecord { expires_at: Some(expires_at), ..record.clone() })
    };
    file.change(change, Some(&new))?;
    print(&format!("{}\n", token.reveal()))
}
