//! Clients that say which codings of an answer they take, or that they take none (RFC 9110, section 12.5.3).

use partbook_test_support::contract::CPU;
use partbook_test_support::{Method, Service, backends};

backends!(a_client_that_takes_no_coding_at_all_is_served: Sqlite);
async fn a_client_that_takes_no_coding_at_all_is_served(service: Service) {
    for (number, coding) in
        ["identity;q=0", "*;q=0", "br, *;q=0", "gzip;q=0, identity;q=0", "nonsense;;q=x"].iter().enumerate()
    {
        let number = u32::try_from(number).expect("a few");
        let ask = |method: Method, path: &str| service.request(method, path).header("Accept-Encoding", coding);
        let created = ask(Method::POST, CPU.path).json(&(CPU.minimal)(number)).send().await.expect(201);
        assert_eq!(created.header("content-encoding"), None, "{coding}");
        let path = CPU.at(&created.json()["id"]);
        assert_eq!(ask(Method::GET, &path).send().await.expect(200).body, created.body);
        ask(Method::DELETE, &path).send().await.expect(204);
        ask(Method::GET, &path).send().await.problem(404);
    }
}

backends!(gzip_is_sent_where_it_is_taken: Sqlite);
async fn gzip_is_sent_where_it_is_taken(service: Service) {
    for number in 1..=20 {
        service.create(&CPU, number).await;
    }
    for (coding, sent) in [
        ("gzip", Some("gzip")),
        ("br, gzip;q=0.1", Some("gzip")),
        ("*", Some("gzip")),
        ("gzip;q=0, *", None),
        ("br", None),
        ("", None),
    ] {
        let answer = service.request(Method::GET, CPU.path).header("Accept-Encoding", coding).send().await.expect(200);
        assert_eq!(answer.header("content-encoding"), sent, "{coding}");
    }
}

backends!(a_compressed_body_is_refused_whichever_line_says_so: Sqlite);
async fn a_compressed_body_is_refused_whichever_line_says_so(service: Service) {
    for (number, (lines, status)) in [
        (&["identity"][..], 201),
        (&["identity", "identity"], 201),
        (&["gzip"], 415),
        (&["identity", "gzip"], 415),
        (&["gzip", "identity"], 415),
    ]
    .into_iter()
    .enumerate()
    {
        let number = u32::try_from(number).expect("a few");
        let request = service.request(Method::POST, CPU.path).json(&(CPU.minimal)(number));
        let request = lines.iter().fold(request, |request, line| request.header("Content-Encoding", line));
        request.send().await.expect(status);
    }
}
