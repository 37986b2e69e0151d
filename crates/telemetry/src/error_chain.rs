//! The text of an error with its causes.

/// Writes an error and its causes on one line, for the log. A cause that the text already holds is left out, because
/// many errors repeat what they wrap.
#[must_use]
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| cause.source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text += &format!(": {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fmt;

    use super::*;

    #[derive(Debug)]
    struct Link(&'static str, Option<Box<Self>>);

    impl fmt::Display for Link {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Link {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            self.1.as_deref().map(|cause| cause as _)
        }
    }

    #[test]
    fn a_cause_that_is_repeated_is_written_once() {
        let cause = Link("connection refused", None);
        let middle = Link("i/o error: connection refused", Some(Box::new(cause)));
        let error = Link("the database cannot answer", Some(Box::new(middle)));
        assert_eq!(error_chain(&error), "the database cannot answer: i/o error: connection refused");
    }
}
