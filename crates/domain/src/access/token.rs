//! The secret of an API token, and its hash.

use std::fmt;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// What every token begins with, so that people and scanners of secrets know one.
pub const TOKEN_PREFIX: &str = "pbk_";

/// The digits of the secret, in ascending order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits 256 bits take.
const SECRET_DIGITS: usize = 43;

/// How many digits the checksum takes.
const CHECKSUM_DIGITS: usize = 6;

/// A token as a client sends it: the prefix, 256 random bits, and a checksum. It is shown only where it is asked for by name.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why a text is no token.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum BadToken {
    /// It does not begin as one.
    #[error("it does not begin with pbk_")]
    Prefix,
    /// It is cut, or was mistyped.
    #[error("it is mistyped, or a part of it is missing")]
    Checksum,
}

impl Token {
    /// A new token of random bits.
    #[must_use]
    pub fn of_random(bits: &[u8; 32]) -> Self {
        let secret = format!("{TOKEN_PREFIX}{}", in_digits(*bits));
        let checksum = checksum(&secret);
        Self(secret + &checksum)
    }

    /// Reads what a client sends.
    ///
    /// # Errors
    /// It is no token.
    pub fn parse(text: &str) -> Result<Self, BadToken> {
        let digits = text.strip_prefix(TOKEN_PREFIX).ok_or(BadToken::Prefix)?;
        let is_whole =
            digits.len() == SECRET_DIGITS + CHECKSUM_DIGITS && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (secret, given) =
            text.split_at_checked(text.len().saturating_sub(CHECKSUM_DIGITS)).ok_or(BadToken::Checksum)?;
        if is_whole && checksum(secret) == given { Ok(Self(text.to_owned())) } else { Err(BadToken::Checksum) }
    }

    /// The text, for whoever is to have it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// The SHA-256 of a token. A fast hash is right here: nobody can try 2²⁵⁶ random secrets, as one can the words that people
/// choose for passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A number of 256 bits in digits, with leading zeros.
#[expect(clippy::cast_possible_truncation, reason = "the rest is below 62, so that a quotient is below 256")]
fn in_digits(mut number: [u8; 32]) -> String {
    let mut text = [b'0'; SECRET_DIGITS];
    for digit in text.iter_mut().rev() {
        let mut rest = 0_u16;
        for byte in &mut number {
            let part = rest << 8 | u16::from(*byte);
            *byte = (part / 62) as u8;
            rest = part % 62;
        }
        *digit = DIGITS[usize::from(rest)];
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The CRC-32 of a text in digits.
fn checksum(text: &str) -> String {
    let (mut rest, mut digits) = (crc32fast::hash(text.as_bytes()), [b'0'; CHECKSUM_DIGITS]);
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_form() {
        let token = Token::of_random(&std::array::from_fn(|index| u8::try_from(index * 7).unwrap()));
        let text = token.reveal().to_owned();
        assert_eq!(text.len(), 4 + 43 + 6, "{text}");
        assert_eq!(Token::parse(&text), Ok(token.clone()));
        assert_eq!(token.hash().to_string(), crate::digest(text.as_bytes()));
        assert_eq!(TokenHash::parse(&token.hash().to_string()), Some(token.hash()));
        assert!(!format!("{token:?}").contains(&text[4..10]), "a secret is not printed");
        for index in 4..text.len() {
            let mut mistyped = text.clone().into_bytes();
            mistyped[index] = if mistyped[index] == b'a' { b'b' } else { b'a' };
            assert_eq!(Token::parse(std::str::from_utf8(&mistyped).unwrap()), Err(BadToken::Checksum), "{index}");
        }
        for text in ["pbk_", "pbk_é", &text[..text.len() - 1], &format!("{text}0"), &format!("{text} ")] {
            assert_eq!(Token::parse(text), Err(BadToken::Checksum), "{text}");
        }
        for text in ["", "pbk", "PBK_abc", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"] {
            assert_eq!(Token::parse(text), Err(BadToken::Prefix), "{text}");
        }
    }

    #[test]
    fn all_bits_count() {
        assert_eq!(in_digits([0; 32]), "0".repeat(43));
        let mut one = [0; 32];
        one[31] = 61;
        assert_eq!(in_digits(one), format!("{}z", "0".repeat(42)));
        one[31] = 62;
        assert_eq!(in_digits(one), format!("{}10", "0".repeat(41)));
        let mut seen = std::collections::HashSet::new();
        for bit in 0..256 {
            let mut number = [0; 32];
            number[bit / 8] = 1 << (bit % 8);
            assert!(seen.insert(in_digits(number)), "bit {bit}");
        }
        assert_eq!(in_digits([255; 32]).len(), 43);
    }
}
