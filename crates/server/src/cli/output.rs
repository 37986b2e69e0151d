//! How a command ends: what it prints, and why it failed.

use std::fmt;
use std::io::{ErrorKind, IsTerminal as _, Write, stdout};

use partbook_backup::BackupError;
use partbook_check::CheckError;
use partbook_database::{DatabaseUrl, StartError};

use crate::config::BadSetting;

/// Why the program ends without having done what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a setting makes no sense.
    Usage(String),
    /// The command could not be carried out, or what it looked at is not in order.
    Run(String),
    /// It is not known whether what a command looked at is in order; or nobody could be asked.
    Trouble(String),
}

impl Failure {
    /// For a command whose exit status tells what it found from not having looked.
    pub(super) fn into_trouble(self) -> Self {
        match self {
            Self::Run(text) => Self::Trouble(text),
            failure => failure,
        }
    }

    /// The same, with a sentence after it.
    pub(super) fn followed_by(self, sentence: &str) -> Self {
        let longer = |text: String| format!("{text}. {sentence}");
        match self {
            Self::Usage(text) => Self::Usage(longer(text)),
            Self::Run(text) => Self::Run(longer(text)),
            Self::Trouble(text) => Self::Trouble(longer(text)),
        }
    }

    /// The same of a database that could not be looked at.
    #[expect(clippy::needless_pass_by_value, reason = "for map_err")]
    pub(super) fn trouble(error: StartError) -> Self {
        Self::Trouble(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Usage(text) | Self::Run(text) | Self::Trouble(text)) = self;
        f.write_str(text)
    }
}

impl From<BadSetting> for Failure {
    fn from(BadSetting(text): BadSetting) -> Self {
        Self::Usage(text)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Stuck(text) => Self::Trouble(text),
            error => Self::Run(error.to_string()),
        }
    }
}

impl From<CheckError> for Failure {
    fn from(error: CheckError) -> Self {
        Self::Trouble(error.to_string())
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        Self::Run(error.to_string())
    }
}

/// Warns when a SQLite file is not whole after it was closed. Somebody may be about to copy it.
pub(super) fn warn_of_remaining_log(url: &DatabaseUrl) {
    if let Some(log) = partbook_database::remaining_log(url) {
        let log = log.display();
        tracing::warn!(%log, "another program has the database open; the file alone may lack rows");
    }
}

/// A word in green for somebody at a terminal who has not set `NO_COLOR` (<https://no-color.org>).
pub(super) fn highlighted(word: &str) -> String {
    let is_wanted = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    if is_wanted { format!("\x1b[32m{word}\x1b[0m") } else { word.to_owned() }
}

/// Writes to standard output. A reader that stops reading, such as `head`, is not a failure.
///
/// # Errors
/// Standard output cannot be written.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Run(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
