//! Who may do what.

use std::path::PathBuf;

use clap::Args;
use partbook_domain::access::Anonymous;
use partbook_http::{Reach, TokensFile};

use super::setting::{BadSetting, Setting};
use crate::serve::LocalAddress;

/// What the anonymous may do, if it is said. (In the place of its name, clap would read `Option` as "need not be given".)
type OptionalAnonymous = Option<Anonymous>;

/// A file, or none.
type OptionalFile = Option<PathBuf>;

/// Who may do what.
#[derive(Args)]
pub(crate) struct AccessArguments {
    /// What a request without credentials may do: `none` (but for the health checks), `read`, or `write`. On a loopback address
    /// and on a Unix socket it may write unless this says otherwise; on any other it has to be said
    #[arg(long, env = "PARTBOOK_ANONYMOUS", default_value = "", hide_default_value = true)]
    #[arg(value_name = "none|read|write", value_parser = Setting(anonymous))]
    anonymous: OptionalAnonymous,

    /// A file of API tokens, as `partbook token create --to-file` makes it. It is read again when it changes
    #[arg(long, env = "PARTBOOK_TOKENS_FILE", default_value = "", hide_default_value = true)]
    #[arg(value_name = "FILE", value_parser = Setting(file))]
    tokens_file: OptionalFile,
}

impl AccessArguments {
    /// What a request without credentials may do to a service at this address.
    ///
    /// # Errors
    /// It is not said, and others than this machine reach the address.
    pub(crate) fn anonymous_at(&self, address: &LocalAddress) -> Result<Anonymous, BadSetting> {
        let default = (address.reach() != Reach::Network).then_some(Anonymous::Write);
        self.anonymous.or(default).ok_or_else(|| {
            BadSetting(format!(
                "PARTBOOK_ANONYMOUS: others than this machine may reach {address}; say what a request without credentials may \
                 do: none, read or write"
            ))
        })
    }

    /// The tokens that are accepted.
    ///
    /// # Errors
    /// Their file cannot be read, or a line of it holds no token.
    pub(crate) fn tokens_file(&self) -> Result<Option<TokensFile>, BadSetting> {
        let open = |path: &PathBuf| {
            let fault = |fault| BadSetting(format!("PARTBOOK_TOKENS_FILE: `{}`: {fault}", path.display()));
            TokensFile::open(path).map_err(fault)
        };
        self.tokens_file.as_ref().map(open).transpose()
    }
}

fn anonymous(text: &str) -> Result<OptionalAnonymous, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    Anonymous::parse(text).map(Some).ok_or("is none of none, read and write; use one of them")
}

fn file(text: &str) -> Result<OptionalFile, &'static str> {
    if text.chars().any(char::is_control) {
        return Err("is not the path of a file; it has control characters");
    }
    Ok((!text.is_empty()).then(|| PathBuf::from(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_reach_has_to_be_said() {
        let arguments = |anonymous| AccessArguments { anonymous, tokens_file: None };
        let at = |address: &str, said| arguments(said).anonymous_at(&LocalAddress::Tcp(address.parse().unwrap()));
        for address in ["127.0.0.1:8000", "127.1.2.3:80", "[::1]:8000", "[::ffff:127.0.0.1]:8000"] {
            assert_eq!(at(address, None), Ok(Anonymous::Write), "{address}");
            assert_eq!(at(address, Some(Anonymous::None)), Ok(Anonymous::None), "{address}");
        }
        let socket = LocalAddress::Unix("/run/partbook.sock".to_owned());
        assert_eq!(arguments(None).anonymous_at(&socket), Ok(Anonymous::Write));
        for address in ["0.0.0.0:8000", "[::]:8000", "192.0.2.1:8000", "[::ffff:10.0.0.1]:80", "10.0.0.1:8000"] {
            let BadSetting(line) = at(address, None).unwrap_err();
            assert!(line.contains("none, read or write") && !line.contains('\n'), "{line}");
            for said in [Anonymous::None, Anonymous::Read, Anonymous::Write] {
                assert_eq!(at(address, Some(said)), Ok(said), "{address}");
            }
        }
        assert!(
            anonymous("all").is_err() && anonymous("") == Ok(None) && anonymous("read") == Ok(Some(Anonymous::Read))
        );
    }
}
