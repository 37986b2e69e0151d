//! Which idle connections are taken, and when those are closed that nobody takes.

use sqlx::Sqlite;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;

fn connections(idle: Duration) -> Connections<Sqlite> {
    let remote = Some(Lifetime { idle, ..Lifetime::default() });
    let keeping = Keeping { size: 2, acquire_timeout: Duration::from_mins(1), remote, is_patient: true };
    Connections::new(SqliteConnectOptions::new().in_memory(true), keeping, Invalidation::default())
}

async fn give_back(loan: Loan<Sqlite>) {
    loan.give_back(Deadline::now() + Duration::from_mins(1)).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_though_nobody_takes_it() {
    let connections = connections(Duration::from_millis(1));
    let (one, other) = (connections.take(Which::Any).await.unwrap(), connections.take(Which::Any).await.unwrap());
    assert_eq!(connections.state(), (2, 0));
    give_back(one).await;
    give_back(other).await;
    while connections.state() != (0, 0) {
        sleep(LOOK_INTERVAL).await;
    }
}

#[tokio::test]
async fn connections_that_nobody_needs_stay_idle() {
    let connections = connections(Duration::from_hours(1));
    let (one, other) = (connections.take(Which::Any).await.unwrap(), connections.take(Which::Any).await.unwrap());
    let opened = other.opened;
    assert_ne!(one.opened, opened);
    give_back(one).await;
    give_back(other).await;
    for _ in 0..3 {
        let taken = connections.take(Which::Any).await.unwrap();
        assert_eq!(taken.opened, opened);
        give_back(taken).await;
    }
    assert_eq!(connections.state(), (2, 2));
}
