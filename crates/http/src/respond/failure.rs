//! What went wrong inside the service while it answered: for the log, never for the client.

use partbook_domain::Entity;

/// Why an answer is not the one that the service is there for. It travels as a response's extension and is logged once,
/// by the middleware that writes the request's line, so that whoever turns errors into answers need not log them.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// Whether somebody should look into it soon.
    pub(crate) severity: Severity,
    /// What happened: the same text each time.
    pub(crate) message: &'static str,
    /// Whose row it happened to.
    pub(crate) entity: Option<&'static str>,
    /// The error with its causes.
    pub(crate) error: String,
}

/// How bad a failure is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Severity {
    /// The database is away or busy, and may be back in a moment.
    Warning,
    /// The service or its database is not as it should be.
    Error,
}

impl Failure {
    /// Something that may pass.
    pub(crate) fn warning(message: &'static str, error: String) -> Self {
        Self { severity: Severity::Warning, message, entity: None, error }
    }

    /// Something that waiting does not cure.
    pub(crate) fn error(message: &'static str, error: String) -> Self {
        Self { severity: Severity::Error, message, entity: None, error }
    }

    /// The same, told of an entity.
    pub(crate) fn of(self, entity: &Entity) -> Self {
        Self { entity: Some(entity.name), ..self }
    }
}
