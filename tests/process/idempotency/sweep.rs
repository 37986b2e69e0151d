//! Kept answers that are too old are deleted at a start.

use std::time::{Duration, Instant};

use super::{count, keyed};
use partbook_test_support::contract::CPU;
use partbook_test_support::lock::Lock;
use partbook_test_support::{Answer, Backend, Database, Server, Service, backends};

/// Sends the `number`th CPU with a key.
async fn post(service: &Service, key: &str, number: u32) -> Answer {
    keyed(service, CPU.path, key, &(CPU.minimal)(number).to_string()).send().await
}

/// Lets that many hours pass for every answer that is kept.
async fn age(database: &Database, hours: u32) {
    let past = if database.url().starts_with("sqlite") {
        format!("strftime('%Y-%m-%dT%H:%M:%f', created_at, '-{hours} hours') || '000Z'")
    } else {
        format!("created_at - interval '{hours} hours'")
    };
    database.sql(&format!("update {} set created_at = {past}", database.own("idempotency_key"))).await;
}

backends!(what_is_older_than_a_day_is_swept_at_a_start);
async fn what_is_older_than_a_day_is_swept_at_a_start(backend: Backend) {
    let database = Database::prepared(backend);
    let service = Service::options().start_on(&database).await;
    for number in 1..=5 {
        post(&service, &format!("old-{number}"), number).await.expect(201);
    }
    // More than are forgotten in one transaction.
    let table = database.own("idempotency_key");
    let copies = format!(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 2500)
        insert into {table} (method, path, idempotency_key, body_hash, status, location, answer, created_at)
        select method, path, 'copy ' || n, body_hash, status, location, answer, created_at
        from {table} cross join n where idempotency_key = 'old-1'"
    );
    service.sql(&copies).await;
    age(&database, 2).await;
    post(&service, "middle", 6).await.expect(201);
    age(&database, 23).await;
    let young = post(&service, "young", 7).await.expect(201);
    service.stop().await;
    assert_eq!(database.value(&format!("select count(*) from {table}")).await.as_deref(), Some("2507"));

    let service = Server::options().start_on(&database).await;
    let begin = Instant::now();
    while count(&service, &table).await != 2 {
        assert!(begin.elapsed() < Duration::from_secs(20), "the old ones are still there, or too many are gone");
    }
    let left = service.rows(&format!("select idempotency_key from {table} order by 1")).await;
    assert_eq!(left, [[Some("middle".to_owned())], [Some("young".to_owned())]]);
    assert_eq!(post(&service, "young", 7).await.expect(201).text(), young.text());
    assert_eq!(count(&service, CPU.table).await, 7, "the rows stay");
}

// A setting that is lower than before, or answers of a process that has ended.
backends!(what_is_over_the_limit_is_swept_at_a_start);
async fn what_is_over_the_limit_is_swept_at_a_start(backend: Backend) {
    let database = Database::prepared(backend);
    let service = Service::options().start_on(&database).await;
    post(&service, "first", 1).await.expect(201);
    let is_sqlite = database.url().starts_with("sqlite");
    let (text, time) = if is_sqlite {
        (
            "printf('%.*c', 1488, 'x')",
            "strftime('%Y-%m-%dT%H:%M:%f', 'now', '-' || (60 + 3000 - n) || ' seconds') || '000Z'",
        )
    } else {
        ("repeat('x', 1488)", "now() at time zone 'UTC' - (60 + 3000 - n) * interval '1 second'")
    };
    let table = database.own("idempotency_key");
    // 2,000 bytes each, as they are counted.
    let copies = format!(
        "with recursive n (n) as (select 1 union all select n + 1 from n where n < 3000)
         insert into {table} (method, path, idempotency_key, body_hash, status, location, answer, created_at)
         select method, path, 'copy ' || n, body_hash, status, location, {text}, {time}
         from {table} cross join n where idempotency_key = 'first'"
    );
    service.sql(&copies).await;
    service.stop().await;
    let service = Server::options().env("PARTBOOK_IDEMPOTENCY_SIZE", "1").start_on(&database).await;
    let begin = Instant::now();
    while count(&service, &table).await > 524 {
        assert!(begin.elapsed() < Duration::from_secs(20), "too many are kept");
    }
    assert!(count(&service, &table).await > 500, "no more are given up than need be");
    let oldest =
        format!("select min(cast(substr(idempotency_key, 6) as int)) from {table} where idempotency_key like 'copy %'");
    let oldest = database.value(&oldest).await.and_then(|oldest| oldest.parse::<u32>().ok());
    assert!(oldest.is_some_and(|oldest| oldest > 2_400), "the oldest have gone: {oldest:?}");
}

/// A PostgreSQL database with 2,500 expired answers, and a table `portion` that gets a row for each portion of them that is deleted.
async fn with_expired_answers(database: &Database) {
    Service::options().start_on(database).await.stop().await;
    database
        .sql(
            "insert into partbook.idempotency_key (method, path, idempotency_key, body_hash, status, answer, created_at)
                select 'POST', '/', 'key ' || n, '', 422, '{}', '2026-01-01' from generate_series(1, 2500) as n;
            create table portion (xact text, size int);
            create function note() returns trigger language plpgsql as $$ begin
                perform set_config('lock_timeout', '0', true);
                insert into portion select pg_current_xact_id()::text, count(*) from gone;
                return null;
            end $$;
            create trigger note after delete on partbook.idempotency_key referencing old table as gone
                for each statement execute function note()",
        )
        .await;
}

/// Waits until all expired answers are deleted; how many there were in how many transactions, by size.
async fn portions(service: &Server) -> Vec<Vec<String>> {
    let begin = Instant::now();
    while count(service, &service.own("idempotency_key")).await > 0 {
        assert!(begin.elapsed() < Duration::from_secs(20), "they are still there");
    }
    let portions =
        service.rows("select size::text, count(distinct xact)::text from portion group by 1 order by 1").await;
    portions.into_iter().map(|row| row.into_iter().flatten().collect()).collect()
}

// Writers wait for one portion, not for all. The text of the statement is the same on SQLite, which does not show its statements.
backends!(what_is_swept_is_swept_in_portions: Postgres);
async fn what_is_swept_is_swept_in_portions(database: Database) {
    with_expired_answers(&database).await;
    let service = Server::options().start_on(&database).await;
    assert_eq!(portions(&service).await, [["1000", "2"], ["500", "1"]], "each in a transaction of its own");
}

// A SQLite file has one writer anyway.
backends!(one_of_several_processes_sweeps: Postgres);
async fn one_of_several_processes_sweeps(database: Database) {
    with_expired_answers(&database).await;
    let lock = Lock::of_table(&database, "portion").await;
    let options = || Server::options().env("PARTBOOK_LOG_LEVEL", "info,partbook_repository=debug");
    let first = options().start_on(&database).await;
    database.waited_for(1).await;
    let mut others = Vec::new();
    for _ in 0..3 {
        let other = options().start_on(&database).await;
        other.logged("another process deletes responses").await;
        others.push(other);
    }
    database.waited_for(1).await;
    lock.release().await;
    assert_eq!(portions(&first).await, [["1000", "2"], ["500", "1"]]);
}

backends!(a_killed_process_does_not_keep_others_from_sweeping: Postgres);
async fn a_killed_process_does_not_keep_others_from_sweeping(database: Database) {
    with_expired_answers(&database).await;
    let lock = Lock::of_table(&database, "portion").await;
    let killed = Server::options().start_on(&database).await;
    database.waited_for(1).await;
    drop(killed);
    lock.release().await;
    // PostgreSQL notices when it has something to say.
    let sessions = "select count(*) from pg_stat_activity
                    where datname = current_database() and application_name = 'partbook'";
    let begin = Instant::now();
    while database.value(sessions).await.as_deref() != Some("0") {
        assert!(begin.elapsed() < Duration::from_secs(20), "the session of a killed process is still there");
    }
    let service = Server::options().start_on(&database).await;
    assert_eq!(portions(&service).await, [["1000", "2"], ["500", "1"]]);
}
