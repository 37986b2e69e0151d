//! Tells that long work goes on.

use std::fs;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout};

/// How long a step is at work before that is told, and again each time.
const INTERVAL: Duration = Duration::from_secs(10);

/// Does a step of the work, and logs now and then that it goes on; with the size of the file that it writes, where it writes one.
pub(crate) fn told<'a, T: 'a>(
    step: &'static str,
    file: Option<&'a Path>,
    work: impl Future<Output = T> + 'a,
) -> impl Future<Output = T> + 'a {
    let tell = move |spent: Duration| {
        let mib = file.and_then(|file| fs::metadata(file).ok()).map(|written| written.len() >> 20);
        tracing::info!(step, seconds = spent.as_secs(), mib, "backup at work");
    };
    told_to(tell, Box::pin(work))
}

async fn told_to<T>(mut tell: impl FnMut(Duration), work: impl Future<Output = T>) -> T {
    let since = Instant::now();
    let mut work = pin!(work);
    loop {
        match timeout(INTERVAL, &mut work).await {
            Ok(done) => return done,
            Err(_) => tell(since.elapsed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_takes_long_is_told_and_what_does_not_is_not() {
        for (takes, told) in [(9, vec![]), (35, vec![10, 20, 30])] {
            let mut heard = Vec::new();
            let work = async {
                tokio::time::sleep(Duration::from_secs(takes)).await;
                takes
            };
            assert_eq!(told_to(|spent| heard.push(spent.as_secs()), work).await, takes);
            assert_eq!(heard, told);
        }
    }
}
