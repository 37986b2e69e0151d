//! The `partbook` binary as a process: how it is called, what it wrote, how it ends.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::scratch;

/// How long a start, a stop or a command may take before the test is given up. Generous: the machine may be busy.
const END_TIMEOUT: Duration = Duration::from_mins(1);

/// Settings of whoever runs the tests; none may reach the service.
const INHERITED: [&str; 7] = ["PARTBOOK_", "DATABASE_", "OTEL_", "PG", "RUST_LOG", "NO_COLOR", "CLICOLOR"];

/// A call of the binary that is not running yet.
#[derive(Debug, Default)]
#[must_use]
pub struct Call {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    file_limit: Option<u64>,
    socket: Option<OwnedFd>,
}

/// What a finished call left.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// `partbook` with these arguments and an environment without settings.
pub fn partbook(arguments: &[&str]) -> Call {
    let mut call = Call::default();
    for argument in arguments {
        call.argument(argument);
    }
    call
}

impl Call {
    pub(crate) fn argument(&mut self, argument: &str) {
        self.arguments.push(argument.to_owned());
    }

    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn has_variable(&self, name: &str) -> bool {
        self.environment.iter().any(|(given, _)| given == name)
    }

    /// Adds an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.variable(name, value);
        self
    }

    /// Runs to the end, in an empty directory. One that does not end fails the test.
    pub async fn run(&self) -> Finished {
        let mut process = self.spawn();
        let status = process.wait().await;
        Finished { status, stdout: process.stdout.text(), stderr: process.stderr.text() }
    }

    /// Runs until a moment has come, and is killed then. The number that it had.
    pub async fn killed_at(&self, moment: impl Future<Output = ()>) -> u32 {
        let process = self.spawn();
        moment.await;
        process.id()
    }

    /// Lets no file that it writes grow beyond a number of KiB, as a full disk would.
    pub fn file_limit(mut self, kib: u64) -> Self {
        self.file_limit = Some(kib);
        self
    }

    /// Hands a socket over, as a service manager does.
    ///
    /// # Panics
    /// There are no descriptors left.
    pub fn socket(mut self, socket: impl Into<OwnedFd>) -> Self {
        self.socket = Some(socket.into());
        self.env("LISTEN_FDS", "1")
    }

    pub(crate) fn spawn(&self) -> Process {
        let directory = scratch::temporary("partbook-cwd-");
        let mut command = match (&self.file_limit, &self.socket) {
            (None, None) => Command::new(binary()),
            (None, Some(_)) => {
                let mut command = Command::new("sh");
                // The first descriptor after the standard ones, where `sd_listen_fds` looks for it.
                command.args(["-c", "exec 3<&0 </dev/null; exec \"$0\" \"$@\""]).arg(binary());
                command
            }
            (Some(kib), _) => {
                // Without the trap the signal would end it. The unit of `ulimit -f` is 512 bytes.
                let mut command = Command::new("sh");
                let limited = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", kib * 2);
                command.args(["-c", &limited]).arg(binary());
                command
            }
        };
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if INHERITED.iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        let mut child = command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&directory)
            .stdin(match &self.socket {
                Some(socket) => Stdio::from(socket.try_clone().expect("a descriptor")),
                None => Stdio::null(),
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        Process {
            stdout: Output::collect(child.stdout.take().expect("stdout is piped")),
            stderr: Output::collect(child.stderr.take().expect("stderr is piped")),
            child,
            _directory: directory,
        }
    }
}

/// The binary, which cargo puts a directory above the tests.
fn binary() -> PathBuf {
    let tests = env::current_exe().expect("the path of these tests");
    let directory = tests.parent().and_then(Path::parent).expect("a directory above");
    directory.join("partbook").with_extension(env::consts::EXE_EXTENSION)
}

/// A running call. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    _directory: TempDir,
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by its name without `SIG`.
    pub(crate) fn signal(&self, name: &str) {
        let outcome =
            Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name]).arg(self.child.id().to_string()).status();
        assert!(outcome.is_ok_and(|status| status.success()), "SIG{name} could not be sent: the process is gone");
    }

    /// Waits for the end, without blocking the test's other work.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        let closed = async {
            self.stdout.closed().await;
            self.stderr.closed().await;
        };
        assert!(
            timeout(END_TIMEOUT, closed).await.is_ok(),
            "the process did not end in {END_TIMEOUT:?}; it wrote:\n{}{}",
            self.stdout.text(),
            self.stderr.text()
        );
        self.child.wait().expect("a child of ours")
    }

    /// What `find` makes of the log, as soon as it makes something of it; `None` when the process ends before.
    pub(crate) async fn logged<T>(&self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let mut log = self.stderr.0.clone();
        let seen = timeout(END_TIMEOUT, log.wait_for(|text| find(text).is_some())).await;
        seen.ok()?.ok().and_then(|text| find(&text))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has written to one of its pipes so far. The channel closes with the pipe.
#[derive(Debug)]
pub(crate) struct Output(watch::Receiver<String>);

impl Output {
    fn collect(pipe: impl Read + Send + 'static) -> Self {
        let (text, receiver) = watch::channel(String::new());
        thread::spawn(move || {
            let mut pipe = BufReader::new(pipe);
            let mut line = Vec::new();
            while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                text.send_modify(|text| text.push_str(&String::from_utf8_lossy(&line)));
                line.clear();
            }
        });
        Self(receiver)
    }

    pub(crate) fn text(&self) -> String {
        self.0.borrow().clone()
    }

    async fn closed(&self) {
        let mut receiver = self.0.clone();
        while receiver.changed().await.is_ok() {}
    }
}
