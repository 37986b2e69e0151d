//! Requests at the same moment.

use crate::answer::Answer;
use crate::request::Request;

/// Sends all at once and answers in the same order.
pub async fn together(requests: impl IntoIterator<Item = Request>) -> Vec<Answer> {
    let sent: Vec<_> = requests.into_iter().map(|request| tokio::spawn(request.send())).collect();
    let mut answers = Vec::with_capacity(sent.len());
    for answer in sent {
        answers.push(answer.await.expect("a request that is answered"));
    }
    answers
}
