//! The PostgreSQL cluster that tests create their databases on.
//!
//! `TEST_DATABASE_URL` names an existing one. Without it a throwaway server is started from the installed programs,
//! once for the test process, and goes when the process goes (see `cluster.sh`).

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use reqwest::Url;

use crate::random::random_word;
use crate::scratch;

const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

pub(crate) const PROGRAMS_MISSING: &str = "\
PostgreSQL's server programs (initdb, postgres, pg_ctl) were not found in PATH, /usr/lib/postgresql/*/bin or
`pg_config --bindir`. Install them (Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install postgresql-server;
macOS: brew install postgresql), or set TEST_DATABASE_URL to the URL of a PostgreSQL server on which the tests may
create databases and roles.";

/// A PostgreSQL server with a superuser's URL.
#[derive(Debug)]
pub struct Cluster {
    /// Its `postgres` database, as a role that may create databases.
    pub url: Url,
    /// Where its Unix socket is; unknown for the server of `TEST_DATABASE_URL`.
    pub socket_directory: Option<PathBuf>,
    /// Holds the pipe whose end stops a throwaway server.
    _watchdog: Option<Child>,
}

/// The cluster of this test process, started at the first call.
///
/// # Panics
/// There is none: the text says what to install.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| match env::var("TEST_DATABASE_URL") {
        Ok(url) => Cluster {
            url: url.parse().expect("TEST_DATABASE_URL is not a URL"),
            socket_directory: None,
            _watchdog: None,
        },
        Err(_) => start(&programs().unwrap_or_else(|| panic!("{PROGRAMS_MISSING}"))),
    })
}

fn start(programs: &Path) -> Cluster {
    let (port, password) = (free_port(), random_word());
    let mut script = isolated("sh");
    script.args(["-c", concat!(include_str!("owner.sh"), include_str!("cluster.sh")), "cluster"]);
    script.arg(programs).arg(port.to_string()).env("PGPASSWORD", &password);
    let running = RunningScript::start(script);
    Cluster {
        url: format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres").parse().expect("a URL"),
        socket_directory: Some(running.directory.join("socket")),
        _watchdog: Some(running.process),
    }
}

/// A script that runs servers for as long as its standard input stays open.
#[derive(Debug)]
pub(crate) struct RunningScript {
    pub(crate) process: Child,
    /// What it writes.
    pub(crate) report: BufReader<ChildStdout>,
    /// Where the servers' files are.
    pub(crate) directory: PathBuf,
}

impl RunningScript {
    /// Waits until the servers are there.
    pub(crate) fn start(mut script: Command) -> Self {
        script.env("TMPDIR", scratch::directory()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = script.spawn().expect("sh starts");
        let mut report = BufReader::new(process.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        report.read_line(&mut line).expect("the script writes UTF-8");
        let Some(directory) = line.trim_end().strip_prefix("ready ") else {
            report.read_to_string(&mut line).expect("the script writes UTF-8");
            panic!("no PostgreSQL server for the tests. {line}");
        };
        Self { process, report, directory: directory.into() }
    }
}

/// In a process group of its own, which a signal to the tests' group does not reach: the script must live to clean up.
pub(crate) fn isolated(program: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(program);
    command.process_group(0);
    command
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address").port()
}

/// The directory that holds the server programs.
pub(crate) fn programs() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let configured = Command::new("pg_config")
        .arg("--bindir")
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map(|directory| PathBuf::from(directory.trim()));
    let mut packaged: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|version| {
            let number = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin")))
        })
        .collect();
    packaged.sort();
    env::split_paths(&path)
        .chain(configured)
        .chain(packaged.into_iter().rev().map(|(_, directory)| directory))
        .find(|directory| PROGRAMS.iter().all(|name| directory.join(name).is_file()))
}
