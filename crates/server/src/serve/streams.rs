//! The streams of HTTP/2 connections: each is reset by itself when its reader takes too little.

use std::sync::Arc;
use std::time::Duration;

use hyper::rt::Executor;

use super::reader::Reader;

tokio::task_local! {
    /// The reader of the stream that the task serves.
    static READER: Arc<Reader>;
}

/// Runs each stream in a task that ends with its reader: a stream whose task is gone is reset.
#[derive(Clone)]
pub(super) struct StreamExecutor {
    /// How long a reader may take nothing.
    pub(super) answer_timeout: Duration,
}

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for StreamExecutor {
    fn execute(&self, stream: F) {
        let reader = Arc::new(Reader::new(self.answer_timeout));
        let own = reader.clone();
        tokio::spawn(READER.scope(own, async move {
            tokio::select! {
                biased;
                _ = stream => {}
                () = reader.is_gone() => tracing::debug!("stream reset; its reader takes too little"),
            }
        }));
    }
}

/// The reader of the stream that the current task serves; none over HTTP/1.
pub(super) fn reader_of_stream() -> Option<Arc<Reader>> {
    READER.try_with(Arc::clone).ok()
}
