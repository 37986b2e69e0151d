//! A PostgreSQL primary with a standby, of a test's own.

use std::io::{BufRead as _, Read as _, Write as _};

use crate::cluster::{PROGRAMS_MISSING, RunningScript, free_port, isolated, programs};
use crate::sql::Connection;

/// A primary and a standby that follows it, each on a port of its own. They are gone when this is dropped.
#[derive(Debug)]
pub struct Replicas {
    primary: u16,
    standby: u16,
    script: RunningScript,
}

impl Replicas {
    /// Starts them, from the programs that the other servers of the tests are started from.
    ///
    /// # Panics
    /// They do not start; the text says why.
    pub fn start() -> Self {
        let programs = programs().unwrap_or_else(|| panic!("{PROGRAMS_MISSING}"));
        let (primary, standby) = (free_port(), free_port());
        let mut script = isolated("sh");
        script.args(["-c", concat!(include_str!("owner.sh"), include_str!("replicas.sh")), "replicas"]);
        script.arg(programs).args([primary.to_string(), standby.to_string()]);
        Self { primary, standby, script: RunningScript::start(script) }
    }

    /// The address of the server that is the primary at first.
    pub fn primary(&self) -> String {
        format!("127.0.0.1:{}", self.primary)
    }

    /// The address of the server that is the standby at first.
    pub fn standby(&self) -> String {
        format!("127.0.0.1:{}", self.standby)
    }

    /// Has the standby take over, and the primary follow it.
    pub fn switch(&mut self) {
        for command in ["stop", "promote", "follow"] {
            self.tell(command);
        }
    }

    /// Has the standby stop as at a crash.
    pub fn kill_standby(&mut self) {
        self.tell("kill");
    }

    /// Starts the standby again.
    pub fn start_standby(&mut self) {
        self.tell("start");
    }

    /// Has the standby replay nothing more for now.
    pub async fn pause(&self) {
        let mut standby = Connection::open(&url(&self.standby())).await;
        standby.rows("select pg_wal_replay_pause()").await;
        while standby.value("select pg_get_wal_replay_pause_state()").await.as_deref() != Some("paused") {
            tokio::task::yield_now().await;
        }
    }

    /// Has the standby replay again, and waits until it has all.
    pub async fn resume(&self) {
        Connection::open(&url(&self.standby())).await.rows("select pg_wal_replay_resume()").await;
        self.catch_up().await;
    }

    /// Has both servers log every statement from now on.
    pub async fn log_statements(&self) {
        for server in [self.primary(), self.standby()] {
            let mut administrator = Connection::open(&url(&server)).await;
            administrator.run("alter system set log_statement = 'all'").await;
            administrator.rows("select pg_reload_conf()").await;
            while administrator.value("show log_statement").await.as_deref() != Some("all") {
                tokio::task::yield_now().await;
            }
        }
    }

    /// What the server has logged that is the primary at first.
    pub fn primary_log(&self) -> String {
        self.log("primary")
    }

    /// What the server has logged that is the standby at first.
    pub fn standby_log(&self) -> String {
        self.log("standby")
    }

    fn log(&self, server: &str) -> String {
        let file = self.script.directory.join(format!("{server}.log"));
        std::fs::read_to_string(file).expect("a log of the server's")
    }

    /// Waits until the standby has all that the primary has written.
    pub async fn catch_up(&self) {
        let mut primary = Connection::open(&url(&self.primary())).await;
        let mut standby = Connection::open(&url(&self.standby())).await;
        let written = primary.rows("select pg_current_wal_lsn()").await.remove(0).remove(0).expect("a place");
        let caught_up = format!("select pg_last_wal_replay_lsn() >= '{written}'::pg_lsn");
        while standby.rows(&caught_up).await.remove(0).remove(0).as_deref() != Some("t") {
            tokio::task::yield_now().await;
        }
    }

    fn tell(&mut self, command: &str) {
        let RunningScript { process, report, .. } = &mut self.script;
        let script = process.stdin.as_mut().expect("stdin is piped");
        writeln!(script, "{command}").expect("the script reads");
        let mut line = String::new();
        report.read_line(&mut line).expect("replicas.sh writes UTF-8");
        if line.trim_end() != "done" {
            report.read_to_string(&mut line).expect("replicas.sh writes UTF-8");
            panic!("{command}: {line}");
        }
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        drop(self.script.process.stdin.take());
        let _ = self.script.process.wait();
    }
}

/// The URL of the database of servers: one address, or several with commas between.
pub fn url(addresses: &str) -> String {
    format!("postgres://postgres@{addresses}/postgres")
}
