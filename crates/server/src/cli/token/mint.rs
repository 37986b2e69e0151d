//! Makes the secrets of tokens.

use partbook_domain::access::Token;

use crate::cli::Failure;

/// A new token, of random bits of the operating system.
///
/// # Errors
/// It has none.
pub(super) fn new_token() -> Result<Token, Failure> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|error| Failure::Run(format!("there is no random number: {error}")))?;
    Ok(Token::of_random(&bits))
}
