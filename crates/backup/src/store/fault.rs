//! What an object store complains of, in words that say what to do. Its own are not told: they may hold a signed URL, headers or
//! a part of a key.

use std::error::Error as _;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use super::location::{BucketLocation, Service};
use crate::error::BackupError;

/// Where machines of the providers ask who they are, when no variable says so.
const METADATA_SERVICES: [&str; 5] =
    ["169.254.", "metadata.google.internal", "/metadata/identity", "/latest/meta-data", "/latest/api/token"];

/// How much of a cause is told, characters.
const MAX_CAUSE: usize = 160;

/// A failure, as people are told of it.
pub(super) fn told(location: &BucketLocation, error: &Error) -> BackupError {
    BackupError::Store(format!("{location}: {}", words(location, error)))
}

fn words(location: &BucketLocation, error: &Error) -> String {
    let BucketLocation { service, bucket, .. } = location;
    let (kind, credentials, endpoint) = (service.bucket(), service.credentials(), service.endpoint());
    let text = chain(error);
    let code = code(&text);
    let with_code = code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
    let is = |codes: &[&str]| code.as_deref().is_some_and(|code| codes.contains(&code));
    if METADATA_SERVICES.iter().any(|service| text.contains(service)) {
        return format!("nobody says who asks: set {credentials}");
    }
    if names_no_bucket(*service, &text) {
        return format!(
            "there is no {kind} {bucket}{with_code}: make it, or name another one. Where it is looked for: {endpoint}"
        );
    }
    if is(&["RequestTimeTooSkewed"]) {
        return format!("the clock of this machine is wrong{with_code}");
    }
    if is(&["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"])
        || text.contains("without LOCATION")
    {
        return format!("the {kind} {bucket} is elsewhere{with_code}: see to {endpoint}");
    }
    let is_unknown = is(&[
        "InvalidAccessKeyId",
        "SignatureDoesNotMatch",
        "ExpiredToken",
        "InvalidToken",
        "AuthenticationFailed",
        "InvalidAuthenticationInfo",
    ]);
    let status = status(&text);
    if is_unknown || status == Some(401) {
        return format!("the credentials are refused{with_code}: see to {credentials}");
    }
    if status == Some(403) {
        return format!(
            "access is denied{with_code}: whoever asks needs the right to list, read, write and delete objects there, and to \
             abort multipart uploads"
        );
    }
    if let Some(kind) = transport(error) {
        let failed = match kind {
            HttpErrorKind::Connect => "it cannot be reached",
            HttpErrorKind::Timeout => "it did not answer in time",
            _ => "the connection failed",
        };
        return format!("{failed}: {}. Is it there, and is it meant? {endpoint}", cause(error));
    }
    let status = status.map_or_else(String::new, |status| format!(", status {status}"));
    format!("the store failed{with_code}{status}")
}

/// Whether it is the bucket that is not there.
pub(super) fn is_missing_bucket(service: Service, error: &Error) -> bool {
    names_no_bucket(service, &chain(error))
}

fn names_no_bucket(service: Service, text: &str) -> bool {
    let codes = ["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted", "InvalidBucketName"];
    code(text).is_some_and(|code| codes.contains(&code.as_str())) || is_missing_at_google(service, text)
}

/// Google answers a missing bucket in words alone; in a missing object's place there are others.
fn is_missing_at_google(service: Service, text: &str) -> bool {
    service == Service::Gcs && text.contains("bucket does not exist")
}

/// Everything that is said of an error, for looking into.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text += " ";
        text += &error.to_string();
        source = error.source();
    }
    text
}

/// The code that the store answers with, such as `NoSuchBucket`.
fn code(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    let is_code = !code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

/// The HTTP status.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// Why no answer came.
fn transport(error: &Error) -> Option<HttpErrorKind> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

/// The innermost cause, such as `Connection refused`; it does not name what was asked for.
fn cause(error: &Error) -> String {
    let mut innermost = error.source();
    while let Some(inner) = innermost.and_then(|error| error.source()) {
        innermost = Some(inner);
    }
    let text = innermost.map(ToString::to_string).unwrap_or_default();
    if text.contains("://") || text.contains(['?', '=']) {
        return "no answer".to_owned();
    }
    text.chars().take(MAX_CAUSE).map(|character| if character.is_control() { ' ' } else { character }).collect()
}
