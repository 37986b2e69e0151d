//! Work that takes the processor for long.

use tokio::runtime::{Handle, RuntimeFlavor};

/// From which length of text on work takes milliseconds, bytes.
const LONG_TEXT: usize = 64 * 1024;

/// Does what only computes, for as long as a text of that length takes. A long one keeps nobody waiting: what else this
/// thread serves goes on in another one.
pub fn compute<T>(length: usize, work: impl FnOnce() -> T) -> T {
    let has_others =
        || Handle::try_current().is_ok_and(|runtime| runtime.runtime_flavor() != RuntimeFlavor::CurrentThread);
    if length >= LONG_TEXT && has_others() { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// Whether another task runs while this one computes.
    async fn runs_beside(length: usize) -> bool {
        let (sender, receiver) = mpsc::channel();
        let computing = tokio::spawn(async move {
            // On the one thread there is, and at once: nothing else has run on it since.
            let other = tokio::spawn(async move { sender.send(()) });
            let seen = compute(length, || receiver.recv_timeout(Duration::from_secs(2)).is_ok());
            let _ = other.await;
            seen
        });
        computing.await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn long_work_leaves_the_thread_to_others() {
        assert!(runs_beside(LONG_TEXT).await);
        assert!(!runs_beside(LONG_TEXT - 1).await);
    }

    #[tokio::test]
    async fn where_there_is_one_thread_it_is_done_there() {
        assert_eq!(compute(LONG_TEXT, || 7), 7);
    }
}
