//! Forced orders: one side is stopped at a known point, the other is seen waiting, and then both go on.
//!
//! On either database another program's unfinished transaction can be the side that is stopped: [`Stage::hold`]. On
//! PostgreSQL a request can be stopped inside the service as well, before or after a statement of its own:
//! [`Stage::pause`]. On SQLite it cannot: from its beginning to its end a transaction that writes is alone.

use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use partbook_test_support::{Answer, Backend, Request};

use super::{Breach, Program, Quartet};

/// How long anything on a stage may take. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is seen of those who wait, while a test decides who goes on.
pub(super) struct Stage<'quartet> {
    quartet: &'quartet Quartet,
    watcher: Program,
    /// How many wait.
    waiting: i64,
}

/// A transaction of another program that is not finished.
pub(super) struct Held(Program);

/// A point at which requests stop.
pub(super) struct Pause {
    keeper: Program,
    trigger: String,
}

impl<'quartet> Stage<'quartet> {
    pub(super) async fn of(quartet: &'quartet Quartet) -> Self {
        Self { watcher: quartet.program().await, quartet, waiting: 0 }
    }

    /// Begins a transaction of another program, executes statements in it and leaves it open.
    pub(super) async fn hold(&self, sql: &str) -> Held {
        let mut program = self.quartet.program().await;
        program.begin().await;
        program.run(sql).await;
        Held(program)
    }

    /// Makes the service stop at a point such as `before delete on cpu`, from now on.
    pub(super) async fn pause(&self, point: &str) -> Pause {
        let table = point.rsplit(' ').next().expect("the last word is a table");
        let mut keeper = self.quartet.program().await;
        // After the constraints' own triggers, which come in the order of their names.
        let sql = format!(
            "select pg_advisory_lock({CLASS}, 0);
             create or replace function pause() returns trigger language plpgsql as $$
             begin
                 if current_setting('application_name') = 'partbook' then
                     perform pg_advisory_xact_lock_shared({CLASS}, 0);
                 end if;
                 if tg_op = 'DELETE' then return old; end if;
                 return new;
             end $$;
             create trigger zz_pause {point} for each row execute function pause();"
        );
        keeper.run(&sql).await;
        Pause { keeper, trigger: format!("zz_pause on {table}") }
    }

    /// Begins something that cannot go on, and sees it wait.
    pub(super) async fn waits<T: Send + 'static>(
        &mut self,
        who: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.waiting += 1;
        let task = tokio::spawn(who);
        let begin = Instant::now();
        while self.waiting_now().await < self.waiting {
            assert!(!task.is_finished(), "what had to wait went on");
            assert!(begin.elapsed() < PATIENCE, "nobody is seen waiting");
        }
        task
    }

    /// The same for a request to one of the two processes.
    pub(super) async fn request_waits(&mut self, request: Request) -> JoinHandle<Answer> {
        self.waits(request.send()).await
    }

    /// Whether what had to wait has ended instead, as soon as it has ended or waits again.
    pub(super) async fn is_answered<T>(&mut self, who: &JoinHandle<T>) -> bool {
        let begin = Instant::now();
        while self.waiting_now().await < self.waiting && !who.is_finished() {
            assert!(begin.elapsed() < PATIENCE, "it neither ends nor waits");
        }
        who.is_finished()
    }

    /// How many wait for a lock: those that PostgreSQL says wait; on SQLite, whose one lock is held by the stage, the
    /// requests that are not answered.
    async fn waiting_now(&mut self) -> i64 {
        if self.quartet.backend == Backend::Sqlite {
            let mut waiting = 0;
            for service in self.quartet.services() {
                let metrics = service.get("/metrics").await.expect(200);
                let in_flight = metrics.text().lines().find_map(|line| line.strip_prefix(IN_FLIGHT));
                // One is that for the metrics.
                waiting += in_flight.and_then(|count| count.trim().parse::<i64>().ok()).expect("a gauge") - 1;
            }
            return waiting;
        }
        let waits = "datname = current_database() and wait_event_type = 'Lock'";
        self.watcher.count("pg_stat_activity", waits).await
    }

    /// Says that the stage is empty again: all that waited has been answered.
    pub(super) fn is_over(&mut self) {
        self.waiting = 0;
    }

    /// Says that so many have stopped waiting.
    pub(super) fn went_on(&mut self, count: i64) {
        self.waiting -= count;
    }

    /// Another look at the database while others wait.
    pub(super) fn watcher(&mut self) -> &mut Program {
        &mut self.watcher
    }
}

/// The gauge of the requests that are being answered.
const IN_FLIGHT: &str = "http_requests_in_flight ";

/// The first half of the number under which a stage's own lock goes, `test` in ASCII.
const CLASS: i32 = 0x7465_7374;

impl Held {
    /// Goes on with the transaction.
    pub(super) async fn attempt(&mut self, sql: &str) -> Result<(), Breach> {
        self.0.attempt(sql).await
    }

    pub(super) async fn commit(self) {
        self.end(true).await;
    }

    pub(super) async fn roll_back(self) {
        self.end(false).await;
    }

    pub(super) async fn end(mut self, commits: bool) {
        self.0.run(if commits { "commit" } else { "rollback" }).await;
    }
}

impl Pause {
    /// Lets all go on who have stopped.
    pub(super) async fn release(&mut self) {
        self.keeper.run(&format!("select pg_advisory_unlock({CLASS}, 0)")).await;
    }

    /// Lets nobody past any more. Waits until those have ended who went past.
    pub(super) async fn close(mut self) -> Self {
        self.keeper.run(&format!("select pg_advisory_lock({CLASS}, 0)")).await;
        self
    }

    /// Takes the point away again, once nobody is under way.
    pub(super) async fn remove(mut self) {
        self.keeper.run(&format!("drop trigger {}", self.trigger)).await;
    }
}
