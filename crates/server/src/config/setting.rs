//! What clap does not do for settings: an empty variable counts as not set, white space around a variable is dropped, and
//! a value that makes no sense is one line that names the flag or the variable.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Command};

/// A setting that cannot be used: one line that names the flag or the variable and shows no secret.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadSetting(pub(crate) String);

/// A parser for clap that reads a setting with a function. The function's error says which values are allowed.
#[derive(Clone)]
pub(crate) struct Setting<F>(pub(crate) F);

/// A parser for clap that leaves the text as it is, and notes where it comes from.
#[derive(Clone)]
pub(crate) struct Unread;

/// The text of a setting, and where it comes from.
#[derive(Clone)]
pub(crate) struct Given {
    /// The flag or the variable.
    pub(crate) name: String,
    pub(crate) source: ValueSource,
    pub(crate) text: OsString,
}

impl Given {
    fn new(argument: &Arg, text: &OsStr, source: ValueSource) -> Self {
        let flag = || format!("--{}", argument.get_long().unwrap_or_default());
        if source != ValueSource::EnvVariable {
            return Self { name: flag(), source, text: text.to_owned() };
        }
        let text = text.to_str().map_or(text, |text| OsStr::new(text.trim()));
        if text.is_empty() {
            let default = argument.get_default_values().first().map(OsString::from).unwrap_or_default();
            return Self { name: flag(), source: ValueSource::DefaultValue, text: default };
        }
        let variable = argument.get_env().unwrap_or_default().to_string_lossy().into_owned();
        Self { name: variable, source, text: text.to_owned() }
    }

    /// The text as UTF-8.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub(crate) fn text(&self) -> Result<&str, BadSetting> {
        self.text.to_str().ok_or_else(|| BadSetting(format!("{}: is not UTF-8", self.name)))
    }
}

impl TypedValueParser for Unread {
    type Value = Given;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, text: &OsStr) -> Result<Given, clap::Error> {
        self.parse_ref_(command, argument, text, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        _: &Command,
        argument: Option<&Arg>,
        text: &OsStr,
        source: ValueSource,
    ) -> Result<Given, clap::Error> {
        let argument = argument.expect("only arguments are settings");
        Ok(Given::new(argument, text, source))
    }
}

impl<F, T, E> TypedValueParser for Setting<F>
where
    F: Fn(&str) -> Result<T, E> + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
    E: Display,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, text: &OsStr) -> Result<T, clap::Error> {
        self.parse_ref_(command, argument, text, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        text: &OsStr,
        source: ValueSource,
    ) -> Result<T, clap::Error> {
        let given = Unread.parse_ref_(command, argument, text, source)?;
        let read = |text: &str| {
            (self.0)(text).map_err(|fault| BadSetting(format!("{}: `{}` {fault}", given.name, text.escape_debug())))
        };
        let value = given.text().and_then(read);
        value.map_err(|BadSetting(message)| clap::Error::raw(ErrorKind::ValueValidation, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument() -> Arg {
        Arg::new("listen").long("listen").env("PARTBOOK_LISTEN").default_value("127.0.0.1:8000")
    }

    fn read(text: &str, source: ValueSource) -> Result<u16, String> {
        let parser = Setting(|text: &str| {
            text.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()).ok_or("has no port")
        });
        let read = parser.parse_ref_(&Command::new("partbook"), Some(&argument()), OsStr::new(text), source);
        read.map_err(|error| error.to_string().trim_end().to_owned())
    }

    #[test]
    fn an_empty_variable_counts_as_not_set() {
        for text in ["", " ", "\n"] {
            assert_eq!(read(text, ValueSource::EnvVariable), Ok(8000));
            let given = Given::new(&argument(), OsStr::new(text), ValueSource::EnvVariable);
            assert_eq!(given.source, ValueSource::DefaultValue);
        }
        assert!(read("", ValueSource::CommandLine).is_err());
    }

    #[test]
    fn white_space_around_a_variable_does_not_count() {
        assert_eq!(read(" localhost:1\n", ValueSource::EnvVariable), Ok(1));
        assert!(read(" localhost:1\n", ValueSource::CommandLine).is_err());
    }

    #[test]
    fn what_makes_no_sense_is_one_line_that_names_the_flag_or_the_variable() {
        assert_eq!(read("a", ValueSource::EnvVariable), Err("error: PARTBOOK_LISTEN: `a` has no port".to_owned()));
        let message = read("a\nb", ValueSource::CommandLine).unwrap_err();
        assert_eq!(message, "error: --listen: `a\\nb` has no port");
    }
}
