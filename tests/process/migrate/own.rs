//! What is Partbook's own is kept apart from the catalog: databases of versions before are moved, and roles and catalogs of one
//! database do not get into each other's way.

use reqwest::Url;

use super::{failed, migrate, succeeded, without};
use partbook_test_support::contract::CPU;
use partbook_test_support::{Answer, Backend, Database, Method, Server, Service, backends, partbook};

/// Sends the `number`th CPU with a key.
async fn post(service: &Service, key: &str, number: u32) -> Answer {
    let request = service.request(Method::POST, CPU.path).header("Idempotency-Key", key).header("X-Request-ID", "same");
    request.json(&(CPU.minimal)(number)).send().await
}

backends!(stored_answers_are_moved_at_a_start);
async fn stored_answers_are_moved_at_a_start(database: Database) {
    let service = Server::options().start_on(&database).await;
    let first = post(&service, "k", 1).await.expect(201);
    assert!(service.stop().await.success());
    // As the version before has them.
    succeeded(migrate(&database, &["down", "--to", "8", "--yes"]).await);
    let kept = "select idempotency_key from idempotency_key";
    assert_eq!(database.value(kept).await.as_deref(), Some("k"));
    succeeded(migrate(&database, &["drift"]).await);

    let service = Server::options().start_on(&database).await;
    let again = post(&service, "k", 1).await.expect(201);
    assert_eq!((again.text(), again.header("location")), (first.text(), first.header("location")));
    assert_eq!(database.value("select count(*) from cpu").await.as_deref(), Some("1"));
    let moved = format!("select idempotency_key from {}", database.own("idempotency_key"));
    assert_eq!(database.value(&moved).await.as_deref(), Some("k"));
    let mut connection = database.connect().await;
    connection.attempt(kept).await.expect_err("the table is gone from where it was");
}

// A start that leaves the schema as it is finds no place for answers yet.
backends!(a_key_is_refused_as_long_as_its_table_is_pending);
async fn a_key_is_refused_as_long_as_its_table_is_pending(database: Database) {
    succeeded(migrate(&database, &["up"]).await);
    without(&database, 9..=9).await;
    let service = Server::options().env("PARTBOOK_NO_MIGRATE", "true").start_on(&database).await;
    post(&service, "k", 1).await.problem(422);
    service.create(&CPU, 1).await;
    assert!(service.stop().await.success());
    succeeded(migrate(&database, &["up", "--yes"]).await);
    let service = Server::options().env("PARTBOOK_NO_MIGRATE", "true").start_on(&database).await;
    post(&service, "k", 2).await.expect(201);
}

#[tokio::test]
async fn rights_to_the_stored_answers_move_with_them() {
    let database = Database::prepared(Backend::Postgres);
    without(&database, 9..=9).await;
    let url = database.restricted_url().await;
    succeeded(migrate(&database, &["up"]).await);
    let service = Service::options().url(&url).start_on(&database).await;
    let first = post(&service, "k", 1).await.expect(201);
    assert_eq!(post(&service, "k", 1).await.expect(201).text(), first.text());
}

#[tokio::test]
async fn a_role_without_the_rights_to_what_is_ours_is_told_which() {
    let database = Database::prepared(Backend::Postgres);
    let url = database.restricted_url().await;
    let role = Url::parse(&url).expect("a URL").username().to_owned();
    let serve = async || partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &url).run().await;
    for (right, told) in [
        (
            "usage on schema partbook",
            "permission denied for schema partbook. The role that serves needs the right to use",
        ),
        ("select on partbook.idempotency_key", "the role lacks the right to select from partbook.idempotency_key"),
    ] {
        database.sql(&format!("revoke {right} from {role}")).await;
        failed(&serve().await, 1, told);
        database.sql(&format!("grant {right} to {role}")).await;
    }
    let service = Server::options().env("DATABASE_URL", &url).start_on(&database).await;
    service.get("/readyz").await.expect(200);
    post(&service, "k", 1).await.expect(201);
    // To read is looked at again, to write is not.
    database.sql(&format!("revoke insert on partbook.idempotency_key from {role}")).await;
    post(&service, "l", 2).await.problem(503);
    service.logged("permission denied for table idempotency_key").await;
    database.sql(&format!("revoke usage on schema partbook from {role}")).await;
    assert!(service.get("/readyz").await.expect(503).text().contains("right missing"));
    service.logged("permission denied for schema partbook").await;
}

backends!(a_table_of_ours_that_is_gone_is_named);
async fn a_table_of_ours_that_is_gone_is_named(database: Database) {
    let service = Server::options().start_on(&database).await;
    let table = database.own("idempotency_key");
    database.sql(&format!("drop table {table}")).await;
    assert!(service.get("/readyz").await.expect(503).text().contains("schema changed"));
    service.logged(&table).await;
    assert!(service.stop().await.success());
    let finished = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).run().await;
    failed(&finished, 1, &format!("it lacks the table(s) {table}"));
}

#[tokio::test]
async fn catalogs_of_one_database_keep_their_answers_apart() {
    let database = Database::create(Backend::Postgres);
    let schemas = ["public", "a", "b", "\"C's d\""];
    let of = |schema: &str| match schema {
        "public" => "partbook".to_owned(),
        quoted if quoted.starts_with('"') => "\"C's d_partbook\"".to_owned(),
        other => format!("{other}_partbook"),
    };
    let encoded = |schema: &str| schema.replace(' ', "%5C%20").replace('"', "%22").replace('\'', "%27");
    let mut services = Vec::new();
    for schema in schemas {
        database.sql(&format!("create schema if not exists {schema}")).await;
        let url = format!("{}?options=-csearch_path%3D{}", database.url(), encoded(schema));
        let service = Service::options().url(&url).start_on(&database).await;
        services.push((schema, url, service));
    }
    for (number, (schema, _, service)) in (1..).zip(&services) {
        // The same key with another body: elsewhere that would be refused.
        let first = post(service, "k", number).await.expect(201);
        assert_eq!(post(service, "k", number).await.expect(201).text(), first.text(), "{schema}");
        let count = format!("select count(*) from {}.idempotency_key", of(schema));
        assert_eq!(database.value(&count).await.as_deref(), Some("1"), "{schema}");
    }
    for (schema, url, _) in &services {
        for verb in ["drift", "status"] {
            let finished = partbook(&["migrate", verb]).env("DATABASE_URL", url).run().await;
            assert!(finished.status.success(), "{schema}: {finished:?}");
        }
    }
    // One goes back and forth, and the others do not notice.
    let (schema, url, _) = &services[3];
    for arguments in [&["down", "--to", "8", "--yes"][..], &["up", "--yes"]] {
        let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).copied().collect();
        let finished = partbook(&arguments).env("DATABASE_URL", url).run().await;
        assert!(finished.status.success(), "{schema}: {finished:?}");
    }
    for (number, (schema, _, service)) in (1..).zip(&services) {
        assert_eq!(post(service, "k", number).await.status, 201, "{schema}");
        assert_eq!(service.get(CPU.path).await.array().len(), 1, "{schema}");
    }
}

// Such a role finds the schema of that name before `public` as soon as it is there.
#[tokio::test]
async fn a_role_that_is_called_as_our_schema_finds_the_catalog_again() {
    let database = Database::create(Backend::Postgres);
    // A role is there for all databases of the server: the name stands for "$user" here.
    for path in ["partbook,public", "public,partbook"] {
        let url = format!("{}?options=-csearch_path%3D{path}", database.url());
        let migrate = async |arguments: &[&str]| {
            let arguments: Vec<&str> = ["migrate"].iter().chain(arguments).copied().collect();
            succeeded(partbook(&arguments).env("DATABASE_URL", &url).run().await)
        };
        let start = || Server::options().env("DATABASE_URL", &url).start_on(&database);
        let service = start().await;
        let first = post(&service, "k", 1).await.expect(201);
        assert!(service.stop().await.success());
        let service = start().await;
        assert_eq!(post(&service, "k", 1).await.expect(201).text(), first.text(), "{path}");
        assert!(service.stop().await.success());
        migrate(&["drift"]).await;
        let kept = "select count(*)::text || ' ' || (select count(*) from public.cpu) from partbook.idempotency_key";
        assert_eq!(database.value(kept).await.as_deref(), Some("1 1"), "{path}");
        let name = database.url().rsplit('/').next().map(str::to_owned).expect("a name");
        migrate(&["down", "--to", "0", "--name", &name]).await;
        migrate(&["up"]).await;
        migrate(&["drift"]).await;
        migrate(&["down", "--to", "0", "--name", &name]).await;
    }
}
