//! What a client does with its connection.

use std::io::{Read, Write};
use std::net::TcpStream;

use partbook_test_support::contract::CPU;
use partbook_test_support::{Server, backends};

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

backends!(a_body_of_unknown_length_is_limited_too);
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
