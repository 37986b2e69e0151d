//! Addresses to listen on. A host name is resolved later.

const FAULT: &str = "is not a valid address; use host:port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:8000";

/// An address, or none. (In the place of its name, clap would read `Option` as "need not be given".)
pub(crate) type OptionalAddress = Option<String>;

/// Reads `host:port`; port 0 is any free one.
pub(crate) fn address(text: &str) -> Result<String, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or(FAULT)?;
    let is_bare_ipv6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    let is_odd = |character: char| character.is_whitespace() || "/@?#".contains(character);
    if host.is_empty() || is_bare_ipv6 || host.contains(is_odd) || port.parse::<u16>().is_err() {
        return Err(FAULT);
    }
    Ok(text.to_owned())
}

/// The same; an empty text is none.
pub(crate) fn optional_address(text: &str) -> Result<OptionalAddress, &'static str> {
    if text.is_empty() { Ok(None) } else { address(text).map(Some) }
}

/// Reads an address whose port is known before anybody listens there.
pub(crate) fn address_with_port(text: &str) -> Result<String, &'static str> {
    let address = address(text)?;
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if port == Some(0) {
        return Err("names no port to ask: port 0 is any free one; use the port that the service's log names");
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for text in ["127.0.0.1:8000", "localhost:1", "[::1]:8000", "0.0.0.0:0"] {
            assert_eq!(address(text).as_deref(), Ok(text));
        }
        for text in ["", "8000", ":8000", "::1:8000", "127.0.0.1", "127.0.0.1:80000", "http://127.0.0.1:8000", "a b:1"]
        {
            assert!(address(text).is_err(), "{text}");
        }
        assert_eq!(optional_address(""), Ok(None));
        assert!(address_with_port("127.0.0.1:0").is_err() && address_with_port("127.0.0.1:00").is_err());
    }
}
