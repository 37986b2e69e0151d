//! The database's password is in no line, whatever goes wrong. A start that fails is in [`crate::command_line`].

use reqwest::Url;
use serde_json::json;

use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Database, Server, backends};

/// The URL of a role whose password is known to nobody but this test, and its password.
async fn with_password(database: &Database) -> (String, String) {
    let url = database.restricted_url().await;
    let role = Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("alter role {role} password 'Needle 4711'")).await;
    let mut url = Url::parse(&url).expect("a URL");
    url.set_password(Some("Needle 4711")).expect("a URL with a host");
    (url.to_string(), role)
}

/// Asks again and again, until something is true of the service and its answer's status.
async fn until(service: &Server, true_of: impl Fn(&Server, u16) -> bool) {
    let begin = std::time::Instant::now();
    while !true_of(service, service.get(CPU.path).await.status) {
        assert!(begin.elapsed().as_secs() < 60, "never");
    }
}

backends!(a_password_is_never_in_the_log: Postgres);
async fn a_password_is_never_in_the_log(backend: Backend) {
    let database = Database::create(backend);
    // The tables first: this role may not make any.
    assert!(Server::options().start_on(&database).await.stop().await.success());
    let (url, role) = with_password(&database).await;
    let options = Server::options().env("PARTBOOK_LOG_LEVEL", "trace,sqlx=trace").env("DATABASE_URL", &url);
    let service = options.start_on(&database).await;
    let row = service.create(&CPU, 1).await;
    service.get("/metrics").await.expect(200);

    // A statement that fails; a right that was taken; a password that was changed; a connection that was cut.
    database.sql("alter table cpu rename to cpu_gone").await;
    service.get(CPU.path).await.problem(500);
    database.sql("alter table cpu_gone rename to cpu").await;
    database.sql(&format!("revoke select on cpu from {role}")).await;
    assert!(service.patch(&CPU.at(&row["id"]), &json!({"notes": "changed"})).await.status >= 500);
    database.sql(&format!("grant select on cpu to {role}; alter role {role} password 'another'")).await;
    let cut = format!("select pg_terminate_backend(pid, 60000) from pg_stat_activity where usename = '{role}'");
    database.rows(&cut).await;
    // One connection after another is found to be cut, until a new one is asked for.
    until(&service, |service, _| service.log().contains("authentication failed")).await;
    service.get("/health").await.expect(503);
    service.get("/readyz").await.expect(503);
    database.sql(&format!("alter role {role} password 'Needle 4711'")).await;
    until(&service, |_, status| status == 200).await;

    let log = service.log();
    for spelling in ["Needle 4711", "Needle%204711", "Needle+4711", "another"] {
        assert!(!log.contains(spelling), "{spelling}");
    }
    let told = log.lines().find(|line| line.contains("database ready")).expect("the start's line");
    assert!(told.contains(&role), "whose password it is may be told: {told}");
}
