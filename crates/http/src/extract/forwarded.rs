//! What proxies write about where a request came to them from: `X-Forwarded-For`, and `Forwarded` (RFC 7239).
//!
//! Both are read from the end, where the nearest proxy adds its part. So nothing that a client wrote before, however broken,
//! changes what a proxy is understood to say. Of each hop there is an address, or none where the hop hides it or what it
//! wrote cannot be read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str;

use axum::http::{HeaderMap, HeaderName, header};

pub(crate) const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The hops of all lines of `X-Forwarded-For`, the last first.
pub(super) fn x_forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(X_FORWARDED_FOR).iter().rev();
    lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b',')).map(|node| address(str::from_utf8(node).ok()?))
}

/// The hops of all lines of `Forwarded`, the last first.
pub(super) fn forwarded(headers: &HeaderMap) -> impl Iterator<Item = Option<IpAddr>> {
    let lines = headers.get_all(header::FORWARDED).iter().rev();
    lines.flat_map(|line| elements_from_last(line.as_bytes())).map(|element| node_of(str::from_utf8(element).ok()?))
}

/// The elements of a line, the last first. Commas within quotes do not divide it, and quotes are paired from the end.
fn elements_from_last(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let line = rest.take()?;
        let mut is_quoted = false;
        for (at, byte) in line.iter().enumerate().rev() {
            match byte {
                b'"' if !(is_quoted && is_escaped(line, at)) => is_quoted = !is_quoted,
                b',' if !is_quoted => {
                    rest = Some(&line[..at]);
                    return Some(&line[at + 1..]);
                }
                _ => {}
            }
        }
        Some(line)
    })
}

/// Whether an odd number of backslashes stands before.
fn is_escaped(line: &[u8], at: usize) -> bool {
    line[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// The address that the one `for` of an element names.
fn node_of(element: &str) -> Option<IpAddr> {
    let mut node = None;
    let mut rest = element;
    while !rest.trim().is_empty() {
        rest = rest.trim_start().trim_start_matches(';');
        if rest.trim().is_empty() {
            break;
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        if name.trim().eq_ignore_ascii_case("for") && node.replace(value).is_some() {
            return None;
        }
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(';') {
            return None;
        }
    }
    address(&node?)
}

/// Takes a value, quoted or not, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t', '"']).unwrap_or(text.len());
        return Some((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// The address of a node, which may have a port.
fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim_matches([' ', '\t']);
    let found: IpAddr = if let Some(rest) = node.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_whole = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        address.parse::<Ipv6Addr>().ok().filter(|_| is_whole)?.into()
    } else if let Some((address, port)) = node.split_once(':').filter(|(_, port)| !port.contains(':')) {
        address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port))?.into()
    } else {
        node.parse().ok()?
    };
    Some(found.to_canonical())
}

/// Whether a text is a port, or an obfuscated one (RFC 7239, section 6.2).
fn is_port(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match text.strip_prefix('_') {
        Some(word) => !word.is_empty() && word.bytes().all(is_word),
        None => text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok(),
    }
}
