//! Files that only their owner may read, and that survive a loss of power once they are written.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file that does not exist yet: never over another one, and never readable by others, not even for a moment. A
/// file that was written in part is removed.
///
/// # Errors
/// It exists already, or as the file system says.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
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
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
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
