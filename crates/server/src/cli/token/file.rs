//! The file of tokens, held by one program that changes it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use partbook_domain::access::{TokenRecord, TokenRecords};

use crate::cli::Failure;

/// The file of those who list tokens, or change those that are there.
#[derive(Args)]
pub(super) struct FileArgument {
    /// The file of the tokens, which the service reads as `PARTBOOK_TOKENS_FILE`
    #[arg(long, value_name = "FILE", env = "PARTBOOK_TOKENS_FILE")]
    pub(super) file: PathBuf,
}

/// The file, and what was in it. Others who would change it wait until this is dropped; a service reads it meanwhile.
pub(super) struct HeldFile {
    path: PathBuf,
    file: File,
    text: String,
    records: Vec<TokenRecord>,
}

impl HeldFile {
    /// Opens the file.
    ///
    /// # Errors
    /// It is not there, cannot be read or written, or a line of it holds no token.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        Self::hold(path, OpenOptions::new().read(true).write(true))
    }

    /// The same; it is made where it is not there.
    ///
    /// # Errors
    /// It cannot be made, read or written, or a line of it holds no token.
    pub(super) fn open_or_make(path: &Path) -> Result<Self, Failure> {
        Self::hold(path, OpenOptions::new().read(true).write(true).create(true).truncate(false))
    }

    fn hold(path: &Path, options: &OpenOptions) -> Result<Self, Failure> {
        let at = |fault: &dyn std::fmt::Display| Failure::Run(format!("{}: {fault}", path.display()));
        let mut text = String::new();
        let held = || -> io::Result<File> {
            let file = options.open(path)?;
            file.lock()?;
            Ok(file)
        };
        let mut file = held().map_err(|error| at(&error))?;
        file.read_to_string(&mut text).map_err(|error| at(&error))?;
        let TokenRecords { records, faults } = TokenRecords::parse(&text);
        if let Some((line, fault)) = faults.first() {
            return Err(at(&format!("line {line} holds no token: {fault}")));
        }
        Ok(Self { path: path.to_owned(), file, text, records })
    }

    /// The tokens that are in it.
    pub(super) fn records(&self) -> &[TokenRecord] {
        &self.records
    }

    /// The newest token of a name, which is the last.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn newest(&self, name: &str) -> Result<TokenRecord, Failure> {
        let found = self.records.iter().rfind(|record| *record.name == *name);
        found.cloned().ok_or_else(|| self.fault(&format!("it has no token called {name}")))
    }

    /// What is wrong with the file.
    pub(super) fn fault(&self, fault: &str) -> Failure {
        Failure::Run(format!("{}: {fault}", self.path.display()))
    }

    /// Adds a token.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn add(&mut self, record: &TokenRecord) -> Result<(), Failure> {
        let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { "\n" };
        let line = format!("{gap}{record}\n");
        let written = self.file.seek(SeekFrom::End(0)).and_then(|_| self.write(&line));
        written.map_err(|error| self.fault(&error.to_string()))
    }

    /// Has other lines stand for some of the tokens, or none, and adds one; comments stay as they are.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn change(
        &mut self,
        change: impl Fn(&TokenRecord) -> Option<TokenRecord>,
        added: Option<&TokenRecord>,
    ) -> Result<(), Failure> {
        let mut text = String::new();
        for line in self.text.lines() {
            // All lines but comments and empty ones hold a token.
            let line = match line.parse::<TokenRecord>() {
                Ok(record) => change(&record).map(|record| record.to_string()),
                Err(_) => Some(line.to_owned()),
            };
            if let Some(line) = line {
                text += &line;
                text.push('\n');
            }
        }
        if let Some(record) = added {
            text += &format!("{record}\n");
        }
        // In its place, so that it stays the file that is mounted into a container.
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.write(&text));
        let written = written.and_then(|()| self.file.set_len(text.len() as u64)).and_then(|()| self.file.sync_all());
        written.map_err(|error| self.fault(&error.to_string()))
    }

    /// In one piece: a service may be reading.
    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.write_all(text.as_bytes())?;
        self.file.sync_all()
    }
}
