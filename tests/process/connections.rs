//! How long connections live, as the settings say.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use partbook_test_support::{Backend, Server, wire};

fn ask(stream: &mut TcpStream) -> u16 {
    wire::send(stream, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    wire::status(&wire::answer(stream).0)
}

/// How long it takes until the server closes.
fn closed_after(stream: &mut TcpStream) -> Duration {
    let begin = Instant::now();
    assert!(matches!(stream.read(&mut [0; 1]), Ok(0)), "it is closed, and nothing is sent");
    begin.elapsed()
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_headers_may_take() {
    let options = Server::options().env("PARTBOOK_HEADER_TIMEOUT", "1").arg("--idle-timeout").arg("4");
    let service = options.start(Backend::Sqlite).await;
    let (mut resting, mut slow) = (wire::connect(service.address()), wire::connect(service.address()));
    assert_eq!((ask(&mut resting), ask(&mut slow)), (200, 200));
    wire::send(&mut slow, "GET /livez HT");
    let headers = closed_after(&mut slow);
    assert!((Duration::from_millis(900)..Duration::from_secs(4)).contains(&headers), "{headers:?}");
    tokio::time::sleep(Duration::from_secs(2).saturating_sub(headers)).await;
    assert_eq!(ask(&mut resting), 200);
    let idle = closed_after(&mut resting);
    assert!(idle >= Duration::from_millis(3900), "{idle:?}");
}
