//! Files that only their owner may read, and that survive a loss of power once they are written; and the lock by which one
//! program writes at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LOCK_POLL: Duration = Duration::from_millis(5);

/// Writes a file that does not exist yet: never over another one, and never readable by others, not even for a moment. A
/// file that was written in part is removed.
///
/// # Errors
/// It exists already, or as the file system says.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    let mut file = options.open(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| sync_name(path));
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written
}

/// Writes a file, in place of one of that name: a reader sees the old content or the new one, never a part. `beside` is a
/// name in the same folder that nobody else uses.
///
/// # Errors
/// As the file system says; the file is then as it was.
pub(crate) fn replace(path: &Path, beside: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    create(beside, bytes)?;
    let renamed = fs::rename(beside, path).and_then(|()| sync_name(path));
    if renamed.is_err() {
        let _ = fs::remove_file(beside);
    }
    renamed
}

/// Sees to it that a name in a folder survives a loss of power.
///
/// # Errors
/// As the file system says.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened for this; the file system's own journal keeps the order of names.
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A name beside a file, for [`replace`] where one program writes at a time.
pub(crate) fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()))
}

/// Makes a folder that only its owner may enter, and those above it. One that is there stays as the operator set it up.
///
/// # Errors
/// As the file system says.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)?;
    sync_name(folder)
}

/// Opens a file for writing at its end; it is made where it is not there.
///
/// # Errors
/// As the file system says.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    owner_only(&mut options);
    options.open(path)
}

/// The content of a file of at most `limit` bytes; `None` where there is none.
///
/// # Errors
/// It cannot be read, or is larger.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    Ok(Some(bytes))
}

/// Waits until no other program holds the lock; it goes with the file that is given back. `None`: one held it for longer
/// than `patience`.
///
/// # Errors
/// The lock's file cannot be made.
pub(crate) fn lock(path: &Path, patience: Duration) -> io::Result<Option<File>> {
    let file = open_to_append(path)?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => std::thread::sleep(LOCK_POLL),
            Err(TryLockError::WouldBlock) => return Ok(None),
            // A file system without locks: there is one writer, or the operator sees to it.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                return Ok(Some(file));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[cfg(unix)]
fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn owner_only(_options: &mut OpenOptions) {}
