//! Requests at the same moment.

use std::time::{Duration, Instant};

use crate::answer::Answer;
use crate::request::Request;
use crate::service::Service;

/// How many requests are sent at once so that some of them share a statement or a transaction.
pub const CLIENTS_TO_MEET: usize = 48;

/// How long it may take until some of them have met.
const MEETING_TIMEOUT: Duration = Duration::from_mins(1);

/// Sends rounds of requests until some of them have shared a statement or a transaction.
pub async fn until_some_meet(service: &Service, mut round: impl AsyncFnMut(usize)) {
    let grouped =
        async || service.metrics().await.value("partbook_db_grouped_operations_total", &[]).expect("a counter");
    let (begin, before) = (Instant::now(), grouped().await);
    for number in 0.. {
        round(number).await;
        if grouped().await > before {
            return;
        }
        assert!(begin.elapsed() < MEETING_TIMEOUT, "no two of {CLIENTS_TO_MEET} requests at once have met");
    }
}

/// Sends all at once and answers in the same order.
pub async fn together(requests: impl IntoIterator<Item = Request>) -> Vec<Answer> {
    let sent: Vec<_> = requests.into_iter().map(|request| tokio::spawn(request.send())).collect();
    let mut answers = Vec::with_capacity(sent.len());
    for answer in sent {
        answers.push(answer.await.expect("a request that is answered"));
    }
    answers
}
