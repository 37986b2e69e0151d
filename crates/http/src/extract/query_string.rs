//! Query strings.

use partbook_domain::{ParameterError, ParameterErrors};
use percent_encoding::percent_decode_str;

use crate::respond::problem::Problem;

/// The decoded parameters of a query string, in order.
pub(crate) fn parse(text: Option<&str>) -> Result<Vec<(String, String)>, Problem> {
    let decode =
        |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().map(std::borrow::Cow::into_owned);
    let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(name)
            .and_then(|decoded| Ok((decoded, decode(value)?)))
            .map_err(|_| ParameterError::new(name, "encoding", "is not UTF-8 after percent-decoding"))
    });
    let (mut parameters, mut errors) = (Vec::new(), ParameterErrors::default());
    for pair in pairs {
        match pair {
            Ok(parameter) => parameters.push(parameter),
            Err(error) => errors.push(error),
        }
    }
    errors.into_result(parameters).map_err(|errors| Problem::parameters(&errors))
}
