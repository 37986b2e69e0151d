//! Listening on a Unix socket.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use tempfile::TempDir;

use partbook_test_support::contract::CPU;
use partbook_test_support::process::Finished;
use partbook_test_support::server::Options;
use partbook_test_support::{Backend, Database, Method, Server, partbook, wire};

/// A path for a socket, whose directory is gone with it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        // In the place of the tests' other files paths may be too long.
        Self(tempfile::Builder::new().prefix("partbook-").tempdir_in("/tmp").expect("a directory"))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("partbook.sock")
    }

    fn address(&self) -> String {
        format!("unix:{}", self.path().display())
    }

    fn options(&self) -> Options {
        Server::options().env("PARTBOOK_LISTEN", &self.address())
    }

    /// Starts a second one there, which must not come up.
    async fn refused(&self) -> Finished {
        let file = self.0.path().join("second.db");
        let call = partbook(&["serve"]).env("PARTBOOK_LISTEN", &self.address());
        let finished = call.env("DATABASE_URL", &format!("sqlite://{}", file.display())).run().await;
        assert_eq!(finished.status.code(), Some(1), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
        assert!(!file.exists(), "a service that cannot start changes nothing");
        finished
    }
}

#[tokio::test]
async fn a_unix_socket_is_served_as_a_port_is() {
    let place = Place::new();
    let server = place.options().start(Backend::Sqlite).await;
    assert_eq!(server.address(), place.address());
    server.create(&CPU, 1).await;
    server.request(Method::GET, CPU.path).header("X-Request-ID", "here").send().await.expect(200);
    assert_eq!(server.lines_of("here").await[0]["span"]["client"], "unix");
    let healthcheck = partbook(&["healthcheck"]).env("PARTBOOK_LISTEN", &place.address());
    assert!(healthcheck.run().await.status.success());
    let file = fs::metadata(place.path()).expect("a socket");
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o777, 0o660);
    assert!(server.stop().await.success());
    assert_eq!(fs::read_dir(place.0.path()).expect("a directory").count(), 0, "nothing is left behind");
    let finished = healthcheck.run().await;
    assert_eq!((finished.status.code(), finished.stderr.lines().count()), (Some(1), 1), "{finished:?}");
}

#[tokio::test]
async fn its_permissions_and_its_group_may_be_said() {
    let place = Place::new();
    let own = fs::metadata(place.0.path()).expect("a directory");
    // Root may name any group, everybody else one of their own.
    let group = if own.uid() == 0 { 1 } else { own.gid() };
    let options = place.options().env("PARTBOOK_SOCKET_MODE", "606");
    let _server = options.env("PARTBOOK_SOCKET_OWNER", &format!(":{group}")).start(Backend::Sqlite).await;
    let file = fs::metadata(place.path()).expect("a socket");
    assert_eq!((file.permissions().mode() & 0o777, file.uid(), file.gid()), (0o606, own.uid(), group));
}

#[tokio::test]
async fn who_speaks_for_others_may_come_through_it() {
    let place = Place::new();
    let server = place.options().env("PARTBOOK_TRUSTED_PROXIES", "unix").start(Backend::Sqlite).await;
    let request = server.request(Method::GET, CPU.path).header("X-Request-ID", "here");
    request.header("X-Forwarded-For", "192.0.2.7").send().await.expect(200);
    assert_eq!(server.lines_of("here").await[0]["span"]["client"], "192.0.2.7");
}

#[tokio::test]
async fn a_socket_that_was_left_behind_is_replaced() {
    let place = Place::new();
    drop(place.options().start(Backend::Sqlite).await);
    assert!(UnixStream::connect(place.path()).is_err(), "it was killed");
    assert!(place.path().exists(), "and its socket is stale");
    let server = place.options().start(Backend::Sqlite).await;
    server.get(CPU.path).await.expect(200);
}

#[tokio::test]
async fn one_that_somebody_listens_on_is_not() {
    let place = Place::new();
    let server = place.options().start(Backend::Sqlite).await;
    let told = format!("cannot listen on {}: another program listens there", place.address());
    assert!(place.refused().await.stderr.contains(&told));
    server.get(CPU.path).await.expect(200);
    drop(server);

    let place = Place::new();
    let other = UnixListener::bind(place.path()).expect("a socket");
    assert!(place.refused().await.stderr.contains("another program listens there"));
    assert!(place.path().exists());
    drop(other);

    let place = Place::new();
    fs::write(place.path(), "not a socket").expect("a file");
    assert!(place.refused().await.stderr.contains("a file that is not a socket is there"));
    assert_eq!(fs::read(place.path()).expect("a file"), b"not a socket");
}

#[tokio::test]
async fn the_listener_for_operators_may_be_one() {
    let place = Place::new();
    let server = Server::options().env("PARTBOOK_ADMIN_LISTEN", &place.address()).start(Backend::Sqlite).await;
    server.admin().get("/metrics").await.expect(200);
    server.get("/metrics").await.expect(404);
    assert!(server.stop().await.success());
    assert!(!place.path().exists());
}

#[tokio::test]
async fn one_that_is_handed_over_outlives_the_service() {
    let place = Place::new();
    let database = Database::prepared(Backend::Sqlite);
    let socket = UnixListener::bind(place.path()).expect("a socket");
    let start = async || {
        let options = Server::options().socket(socket.try_clone().expect("a descriptor"));
        options.start_on(&database).await
    };
    let server = start().await;
    assert_eq!(server.address(), place.address());
    server.get(CPU.path).await.expect(200);
    assert!(server.stop().await.success());
    // Whoever connects meanwhile waits for the next one.
    let mut waiting = UnixStream::connect(place.path()).expect("the socket is still there");
    wire::send(&mut waiting, "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let _server = start().await;
    let head = tokio::task::spawn_blocking(move || wire::head(&mut waiting)).await.expect("an answer");
    assert_eq!(wire::status(&head), 200);
}

#[tokio::test]
async fn what_makes_no_sense_of_a_socket_is_told() {
    let place = Place::new();
    for (variable, value, told) in [
        ("PARTBOOK_LISTEN", "unix:partbook.sock", "PARTBOOK_LISTEN: `unix:partbook.sock` is not the path"),
        ("PARTBOOK_SOCKET_MODE", "888", "PARTBOOK_SOCKET_MODE: `888` is not a mode"),
        ("PARTBOOK_SOCKET_OWNER", ":no-such-group", "PARTBOOK_SOCKET_OWNER: `:no-such-group` names a group"),
        ("PARTBOOK_REUSE_PORT", "true", "PARTBOOK_REUSE_PORT: a Unix socket is one process's"),
        ("PARTBOOK_ADMIN_LISTEN", &place.address(), "is the address of the service itself"),
    ] {
        let call = partbook(&["serve"]).env("PARTBOOK_LISTEN", &place.address()).env(variable, value);
        let finished = call.run().await;
        assert_eq!(finished.status.code(), Some(2), "{finished:?}");
        assert!(finished.stderr.contains(told), "{finished:?}");
    }
    assert!(!place.path().exists());
}
