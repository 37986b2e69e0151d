//! The file of a Unix socket: nobody else's, for those who may connect, and gone when the service is.
//!
//! A process that was killed leaves its file behind, and a file says nothing about whether somebody listens. Partbook holds a
//! lock beside it from before the socket is bound, so that two that start at once do not take it from each other; of other
//! programs, one that listens takes a connection.

use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use tokio::net::{UnixSocket, UnixStream};

const TAKEN: &str = "another program listens there; choose another path";

/// Who may connect to a Unix socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketAccess {
    /// The permissions of its file.
    pub(crate) mode: u32,
    /// Whose it is, where that is not who runs the service.
    pub(crate) user: Option<u32>,
    pub(crate) group: Option<u32>,
}

/// The file of a Unix socket, removed when dropped.
pub(crate) struct SocketFile {
    path: PathBuf,
    /// Which file it is, in case another one takes its place.
    identity: (u64, u64),
    lock: Lock,
}

/// The right to the path of a socket, given back when dropped.
struct Lock {
    path: PathBuf,
    #[expect(dead_code, reason = "held for the lock, which ends with it")]
    file: File,
}

impl SocketFile {
    /// Binds a socket to a path. Nobody can connect before it listens.
    ///
    /// # Errors
    /// One line: another program listens there, there is something that is not a socket, or the operating system refuses.
    pub(super) async fn bind(path: &Path, access: SocketAccess) -> Result<(UnixSocket, Self), String> {
        let lock = Lock::take(path)?;
        remove_stale(path).await?;
        let socket = UnixSocket::new_stream().map_err(told)?;
        socket.bind(path).map_err(told)?;
        let file = Self { path: path.to_owned(), identity: identity(path).map_err(told)?, lock };
        fs::set_permissions(path, Permissions::from_mode(access.mode)).map_err(told)?;
        if access.user.is_some() || access.group.is_some() {
            chown(path, access.user, access.group).map_err(|error| {
                format!("its file cannot be given to the owner of PARTBOOK_SOCKET_OWNER: {error}; a group has to be one of the \
                         service's own")
            })?;
        }
        Ok((socket, file))
    }
}

impl SocketFile {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|identity| identity == self.identity) {
            // What cannot be removed is stale, and the next start replaces it.
            let _ = fs::remove_file(&self.path);
        }
        let _ = fs::remove_file(&self.lock.path);
    }
}

impl Lock {
    fn take(socket: &Path) -> Result<Self, String> {
        let mut path = socket.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let fault = |error: io::Error| format!("{}: {error}", path.display());
        loop {
            let file =
                File::options().create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(fault)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(TAKEN.to_owned()),
                Err(TryLockError::Error(error)) => return Err(fault(error)),
            }
            // Whoever held it before may have removed the file in between.
            let held = file.metadata().map(|found| (found.dev(), found.ino())).map_err(fault)?;
            if identity(&path).is_ok_and(|found| found == held) {
                return Ok(Self { path, file });
            }
        }
    }
}

/// Removes the socket that a process left which is gone.
async fn remove_stale(path: &Path) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(told(error)),
        Ok(found) if !found.file_type().is_socket() => {
            return Err("a file that is not a socket is there; choose another path".to_owned());
        }
        Ok(_) => {}
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path).map_err(told),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Also where it only has no room for one more connection.
        Ok(_) | Err(_) => Err(TAKEN.to_owned()),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|found| (found.dev(), found.ino()))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn told(error: io::Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const ACCESS: SocketAccess = SocketAccess { mode: 0o600, user: None, group: None };

    async fn bound(path: &Path) -> Result<SocketFile, String> {
        SocketFile::bind(path, ACCESS).await.map(|(_, file)| file)
    }

    #[tokio::test]
    async fn of_two_that_start_at_once_one_has_the_path() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("socket");
        // Bound and not listening yet: who asks is refused, as by a socket that is stale.
        let first = bound(&path).await.unwrap();
        assert_eq!(bound(&path).await.err().as_deref(), Some(TAKEN));
        drop(first);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0, "nothing is left");
        bound(&path).await.unwrap();
    }

    #[tokio::test]
    async fn what_took_the_place_of_the_file_stays() {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("socket");
        let file = bound(&path).await.unwrap();
        fs::rename(&path, directory.path().join("moved")).unwrap();
        fs::write(&path, "another's").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"another's");
    }
}
