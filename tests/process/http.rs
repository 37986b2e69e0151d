//! What a client does with its connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use partbook_test_support::contract::CPU;
use partbook_test_support::{Server, backends, wire};

backends!(a_list_that_nobody_reads_to_its_end_harms_no_one);
async fn a_list_that_nobody_reads_to_its_end_harms_no_one(service: Server) {
    // More than any buffer on the way holds.
    service.fill(&CPU, 5_000).await;
    // More than any pool has connections.
    for _ in 0..40 {
        let mut stream = TcpStream::connect(service.address().trim_start_matches("http://")).expect("a connection");
        stream.write_all(b"GET /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("a request");
        let mut start = [0; 12];
        stream.read_exact(&mut start).expect("an answer");
        assert_eq!(&start, b"HTTP/1.1 200");
    }
    assert_eq!(service.get(&format!("{}?limit=1", CPU.path)).await.expect(200).array().len(), 1);
}

backends!(a_body_of_unknown_length_is_limited_too: Sqlite);
async fn a_body_of_unknown_length_is_limited_too(service: Server) {
    let address = service.address().trim_start_matches("http://").to_owned();
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        let head = "POST /v1/catalog/cpus HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).expect("a request");
        // The service may answer, and close, before the end.
        for _ in 0..20 {
            let _ = write!(stream, "10000\r\n{}\r\n", " ".repeat(0x1_0000));
        }
        let mut start = [0; 12];
        stream.read_exact(&mut start).expect("an answer");
        start
    });
    assert_eq!(&answered.await.expect("an answer"), b"HTTP/1.1 413");
}

backends!(a_client_that_waits_with_its_body_is_not_asked_for_what_nobody_wants: Sqlite);
async fn a_client_that_waits_with_its_body_is_not_asked_for_what_nobody_wants(service: Server) {
    let ask = |head: &str| {
        let mut stream = wire::connect(service.address());
        let waits = "Host: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n";
        wire::send(&mut stream, &format!("{head} HTTP/1.1\r\n{waits}Content-Length: 2000000\r\n\r\n"));
        wire::head(&mut stream)
    };
    for (request, status) in [("POST /v1/catalog/cpus", 413), ("POST /warp", 404), ("PUT /health", 405)] {
        let head = ask(request);
        assert_eq!(wire::status(&head), status, "{head}");
        assert_eq!(wire::header(&head, "connection"), Some("close"), "{head}");
    }
    // A body that is wanted is asked for, and the connection stays.
    let mut stream = wire::connect(service.address());
    let body = (CPU.minimal)(1).to_string();
    let waits = "Host: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n";
    let length = body.len();
    wire::send(&mut stream, &format!("POST {} HTTP/1.1\r\n{waits}Content-Length: {length}\r\n\r\n", CPU.path));
    assert_eq!(wire::status(&wire::head(&mut stream)), 100);
    wire::send(&mut stream, &body);
    let (head, _) = wire::answer(&mut stream);
    assert_eq!(wire::status(&head), 201, "{head}");
    assert_eq!(wire::header(&head, "connection"), None, "{head}");
}

backends!(what_has_no_content_is_sent_without_and_is_whole: Sqlite);
async fn what_has_no_content_is_sent_without_and_is_whole(service: Server) {
    let path = CPU.at(&service.create(&CPU, 1).await["id"]);
    let tag = service.get(&path).await.header("etag").expect("a tag").to_owned();
    let known = [("accept-encoding", "gzip"), ("if-none-match", &tag)];
    let over_http2 = [known[0], known[1], ("x-request-id", "two")];
    assert_eq!(wire::http2(service.address(), "GET", &path, &over_http2, ""), "");
    let mut stream = wire::connect(service.address());
    for id in ["one", "again"] {
        let headers = format!("Host: localhost\r\nAccept-Encoding: gzip\r\nIf-None-Match: {tag}\r\nX-Request-ID: {id}");
        wire::send(&mut stream, &format!("GET {path} HTTP/1.1\r\n{headers}\r\n\r\n"));
        let head = wire::head(&mut stream);
        assert_eq!(wire::status(&head), 304, "{head}");
        for name in ["content-encoding", "content-length", "transfer-encoding"] {
            assert_eq!(wire::header(&head, name), None, "{head}");
        }
    }
    assert_eq!(wire::http2(service.address(), "DELETE", &path, &[("x-request-id", "gone")], ""), "");
    for id in ["one", "again", "two", "gone"] {
        for line in service.lines_of(id).await {
            assert_eq!((line["bytes"].as_u64(), line.get("cut")), (Some(0), None), "{line}");
        }
    }
}
