//! Connection poolers between the service and PostgreSQL, as far as a start has to do with them.

use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Backend, Database, Method, Server, partbook};
use reqwest::Url;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// What a pooler does with the startup parameter `options`. `PgBouncer` does the first, or the second where its configuration
/// says `ignore_startup_parameters`.
#[derive(Clone, Copy)]
enum Options {
    Refused,
    Dropped,
}

/// `FATAL: unsupported startup parameter: options`, as `PgBouncer` 1.18 words it.
const REFUSAL: &[u8] = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0";

/// The URL of a database, by way of a pooler.
async fn pooled(database: &Database, options: Options) -> Url {
    let mut url = Url::parse(&database.url()).expect("a URL");
    let server = format!("{}:{}", url.host_str().expect("a host"), url.port().expect("a port"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    url.set_port(Some(listener.local_addr().expect("an address").port())).expect("a port");
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(relay(client, server.clone(), options));
        }
    });
    url
}

async fn relay(mut client: TcpStream, server: String, options: Options) -> std::io::Result<()> {
    let mut packet = startup(&mut client).await?;
    // A request for TLS (PostgreSQL's manual, 55.2.10); the startup comes after it.
    if packet.len() == 4 {
        client.write_all(b"N").await?;
        packet = startup(&mut client).await?;
    }
    let (version, parameters) = packet.split_at(4);
    let mut texts = parameters.split(|byte| *byte == 0);
    let mut kept = version.to_vec();
    while let (Some(name), Some(value)) = (texts.next().filter(|name| !name.is_empty()), texts.next()) {
        if name != b"options" {
            kept.extend_from_slice(&[name, b"\0", value, b"\0"].concat());
        } else if matches!(options, Options::Refused) {
            return client.write_all(&[b"E".as_slice(), &length(REFUSAL), REFUSAL].concat()).await;
        }
    }
    kept.push(0);
    let mut server = TcpStream::connect(server).await?;
    server.write_all(&[length(&kept).as_slice(), &kept].concat()).await?;
    copy_bidirectional(&mut client, &mut server).await.map(|_| ())
}

/// What stands before a message: its length and that of itself.
fn length(message: &[u8]) -> [u8; 4] {
    u32::try_from(message.len() + 4).expect("a short text").to_be_bytes()
}

/// A message that begins with its length and has no type.
async fn startup(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let length = client.read_u32().await? as usize;
    let mut packet = vec![0; length - 4];
    client.read_exact(&mut packet).await?;
    Ok(packet)
}

#[tokio::test]
async fn a_pooler_needs_no_setting() {
    for options in [Options::Refused, Options::Dropped] {
        let database = Database::create(Backend::Postgres);
        let url = pooled(&database, options).await;
        let service = Server::options().env("DATABASE_URL", url.as_str()).start_on(&database).await;
        service.logged("connection pooler found").await;
        for entity in catalog() {
            let row = service.create(entity, 1).await;
            service.get(&entity.at(&row["id"])).await.expect(200);
        }
        assert!(!service.get(CPU.path).await.expect(200).array().is_empty());
    }
}

// The limits of a session do not come through; a transaction sets its own.
#[tokio::test]
async fn a_write_waits_for_a_bounded_time_behind_a_pooler() {
    let database = Database::prepared(Backend::Postgres);
    let url = pooled(&database, Options::Dropped).await;
    let service = Server::options().env("DATABASE_URL", url.as_str()).start_on(&database).await;
    let row = service.create(&CPU, 1).await;
    let lock = Lock::take(&database, &CPU, &row["id"]).await;
    let change = service.request(Method::PATCH, &CPU.at(&row["id"])).json(&json!({"notes": "changed"}));
    let change = tokio::spawn(change.send());
    database.waited_for(1).await;
    // The first wait is over, and nobody has let go.
    service.metrics_when(|scrape| scrape.sum("partbook_db_retries_total", &[]) > 0.5).await;
    lock.release().await;
    assert!([200, 503].contains(&change.await.expect("an answer").status));
}

#[tokio::test]
async fn a_schema_is_not_lost_on_a_pooler() {
    for options in [Options::Refused, Options::Dropped] {
        let database = Database::create(Backend::Postgres);
        database.sql("create schema parts").await;
        let url = pooled(&database, options).await.to_string() + "?schema=parts";
        let finished = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &url).run().await;
        assert_eq!(finished.status.code(), Some(1), "{finished:?}");
        assert!(finished.stderr.contains("pooler") && finished.stderr.contains("alter role"), "{}", finished.stderr);
        let tables = "select count(*)::text from pg_tables where schemaname in ('public', 'parts')";
        assert_eq!(database.rows(tables).await, [[Some("0".to_owned())]]);
    }
}

#[tokio::test]
async fn a_schema_of_the_url_is_where_the_tables_are() {
    let database = Database::create(Backend::Postgres);
    let url = database.url() + "?schema=My%20Parts";
    let missing = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &url).run().await;
    assert!(missing.status.code() == Some(1) && missing.stderr.contains("no schema"), "{missing:?}");
    database.sql("create schema \"My Parts\"").await;
    let service = Server::options().env("DATABASE_URL", &url).start_on(&database).await;
    service.create(&CPU, 1).await;
    assert_eq!(service.rows("select count(*)::text from \"My Parts\".cpu").await, [[Some("1".to_owned())]]);
}
