//! The steps by which a store is written, one call each, so that a test can stop before or after any of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What writing a store asks of the file system. Each method is one step: it happens or it does not.
pub trait Disk {
    /// Makes a folder and those above it; one that is there is no error.
    ///
    /// # Errors
    /// As the file system says.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Writes a file anew.
    ///
    /// # Errors
    /// As the file system says; part of the file may then stand.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Sees to it that a file's content survives a loss of power.
    ///
    /// # Errors
    /// As the file system says.
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// Gives a file another name, in place of what has that name.
    ///
    /// # Errors
    /// As the file system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Sees to it that the names in a folder survive a loss of power.
    ///
    /// # Errors
    /// As the file system says.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// As the file system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The machine's own file system.
#[derive(Clone, Copy, Debug)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        File::create(path)?.write_all(bytes)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    /// Elsewhere a folder cannot be opened for this; the file system's own journal keeps the order of names.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
