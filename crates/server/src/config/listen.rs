//! Addresses to listen on, and who may connect to a Unix socket. A host name is resolved later.

use clap::Args;
use nix::unistd::{Group, User};

use super::setting::Setting;
use crate::serve::{ListenAddress, SocketAccess};

const FAULT: &str = "is not a valid address; use host:port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:8000, or unix:/path/of/a/socket";

/// The longest path of a Unix socket, bytes (`sun_path` of Linux, without the zero at its end).
const MAX_PATH_LENGTH: usize = 107;

/// An address, or none. (In the place of its name, clap would read `Option` as "need not be given".)
pub(crate) type OptionalAddress = Option<ListenAddress>;

/// Reads `host:port`, or `unix:` and a path.
pub(crate) fn address(text: &str) -> Result<ListenAddress, &'static str> {
    if let Some(path) = text.strip_prefix("unix:") {
        return socket(path);
    }
    let (host, port) = text.rsplit_once(':').ok_or(FAULT)?;
    let is_bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    let is_odd = |character: char| character.is_whitespace() || "/@?#".contains(character);
    if host.is_empty() || is_bare_ipv6 || host.contains(is_odd) || port.parse::<u16>().is_err() {
        return Err(FAULT);
    }
    Ok(ListenAddress::Tcp(text.to_owned()))
}

fn socket(path: &str) -> Result<ListenAddress, &'static str> {
    if !path.starts_with('/') || path.ends_with('/') || path.contains('\0') {
        return Err("is not the path of a Unix socket; it begins with /, such as unix:/run/partbook.sock");
    }
    if path.len() > MAX_PATH_LENGTH {
        return Err("is longer than the path of a Unix socket may be, which is 107 bytes");
    }
    Ok(ListenAddress::Unix(path.into()))
}

/// The same; an empty text is none.
pub(crate) fn optional_address(text: &str) -> Result<OptionalAddress, &'static str> {
    if text.is_empty() { Ok(None) } else { address(text).map(Some) }
}

/// Reads an address that is known before anybody listens there.
pub(crate) fn address_to_ask(text: &str) -> Result<ListenAddress, &'static str> {
    let address = address(text)?;
    let port = match &address {
        ListenAddress::Tcp(address) => address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok()),
        ListenAddress::Unix(_) => None,
    };
    if port == Some(0) {
        return Err("names no port to ask: port 0 is any free one; use the port that the service's log names");
    }
    Ok(address)
}

/// Who may connect to a Unix socket.
#[derive(Args)]
pub(crate) struct SocketArguments {
    /// The permissions of a Unix socket that is listened on, in octal digits: whoever may write may connect
    #[arg(long, env = "PARTBOOK_SOCKET_MODE", default_value = "660")]
    #[arg(value_name = "MODE", value_parser = Setting(mode))]
    socket_mode: u32,

    /// Whose such a socket is, as `user`, `user:group` or `:group`, where it is not that of who runs the service. Who is not root can
    /// name a group of its own alone
    #[arg(long, env = "PARTBOOK_SOCKET_OWNER", default_value = "", hide_default_value = true)]
    #[arg(value_name = "USER:GROUP", value_parser = Setting(owner))]
    socket_owner: Owner,
}

/// A user and a group, by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Owner {
    user: Option<u32>,
    group: Option<u32>,
}

impl SocketArguments {
    pub(crate) fn access(&self) -> SocketAccess {
        let Owner { user, group } = self.socket_owner;
        SocketAccess { mode: self.socket_mode, user, group }
    }
}

fn mode(text: &str) -> Result<u32, &'static str> {
    let is_octal = (3..=4).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| is_octal && *mode <= 0o777);
    mode.ok_or("is not a mode; use three octal digits, such as 660")
}

/// Names are looked up, and numbers stand for themselves.
fn owner(text: &str) -> Result<Owner, String> {
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    let number = |name: &str| name.parse::<u32>().ok();
    let user_of = |name: &str| User::from_name(name).ok().flatten().map(|user| user.uid.as_raw());
    let group_of = |name: &str| Group::from_name(name).ok().flatten().map(|group| group.gid.as_raw());
    let find = |name: &str, kind, by_name: &dyn Fn(&str) -> Option<u32>| match name {
        "" => Ok(None),
        name => match number(name).or_else(|| by_name(name)) {
            Some(id) => Ok(Some(id)),
            None => Err(format!("names a {kind} that this machine does not have; use user, user:group or :group")),
        },
    };
    Ok(Owner { user: find(user, "user", &user_of)?, group: find(group, "group", &group_of)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for text in ["127.0.0.1:8000", "localhost:1", "[::1]:8000", "0.0.0.0:0"] {
            assert_eq!(address(text), Ok(ListenAddress::Tcp(text.to_owned())));
        }
        for text in ["", "8000", ":8000", "::1:8000", "127.0.0.1", "127.0.0.1:80000", "http://127.0.0.1:8000", "a b:1"]
        {
            assert!(address(text).is_err(), "{text}");
        }
        assert_eq!(optional_address(""), Ok(None));
        assert!(address_to_ask("127.0.0.1:0").is_err() && address_to_ask("127.0.0.1:00").is_err());
    }

    #[test]
    fn or_it_is_the_path_of_a_socket() {
        for text in ["unix:/run/partbook.sock", "unix:/a b/c:1"] {
            assert_eq!(address(text).map(|address| address.to_string()).as_deref(), Ok(text));
            assert!(address_to_ask(text).is_ok());
        }
        for text in ["unix:", "unix:partbook.sock", "unix:@partbook", "unix://", "unix:/run/", "unix:/a\0b"] {
            assert!(address(text).is_err(), "{text}");
        }
        assert!(address(&format!("unix:/{}", "a".repeat(106))).is_ok());
        assert!(address(&format!("unix:/{}", "a".repeat(107))).is_err());
    }

    #[test]
    fn a_mode_is_octal() {
        for (text, expected) in [("660", Ok(0o660)), ("0600", Ok(0o600)), ("777", Ok(0o777)), ("000", Ok(0))] {
            assert_eq!(mode(text), expected);
        }
        for text in ["", "66", "888", "1777", "+60", "0o660", "rw-rw----"] {
            assert!(mode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_owner_is_a_user_a_group_or_both() {
        let owned = |user, group| Ok(Owner { user, group });
        for (text, expected) in [
            ("", owned(None, None)),
            ("root", owned(Some(0), None)),
            ("root:root", owned(Some(0), Some(0))),
            (":root", owned(None, Some(0))),
            ("12:34", owned(Some(12), Some(34))),
            (":34", owned(None, Some(34))),
        ] {
            assert_eq!(owner(text), expected, "{text}");
        }
        for (text, said) in [("no-such-user", "a user"), (":no-such-group", "a group"), ("root:a:b", "a group")] {
            assert!(owner(text).is_err_and(|fault| fault.contains(said)), "{text}");
        }
    }
}
