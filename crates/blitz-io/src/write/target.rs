//! A file that gets its name only when it is complete.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use super::{Overwrite, part};
use crate::OutputError;

/// A temporary file beside its target; removed when dropped.
pub(crate) struct Target<F> {
    path: PathBuf,
    overwrite: Overwrite,
    temp: TempPath,
    file: F,
}

/// A complete file that still has its temporary name; removed when dropped.
pub(crate) struct Pending {
    path: PathBuf,
    overwrite: Overwrite,
    temp: TempPath,
}

impl Target<File> {
    /// Checks the target and opens a temporary file in its folder (a rename within a folder is atomic).
    pub(crate) fn create(path: &Path, overwrite: Overwrite) -> Result<Self, OutputError> {
        let io_error = |source| OutputError::from_io(path, source);
        check_free(path, overwrite)?;
        let name = path
            .file_name()
            .ok_or_else(|| io_error(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file")))?;
        // Replacing through a link replaces what the link names, not the link.
        let path = match overwrite {
            Overwrite::Replace => std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()),
            Overwrite::Refuse => path.to_path_buf(),
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        part::clean(folder);
        let prefix = part::prefix(name);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix).suffix(part::SUFFIX);
        #[cfg(unix)]
        {
            // As any new file: the umask decides, not the private mode of temporary files.
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        let (file, temp) = builder.tempfile_in(folder).map_err(io_error)?.into_parts();
        Ok(Self { path, overwrite, temp, file })
    }
}

impl<F> Target<F> {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn file(&mut self) -> &mut F {
        &mut self.file
    }

    pub(crate) fn map<G>(self, f: impl FnOnce(F) -> G) -> Target<G> {
        Target { path: self.path, overwrite: self.overwrite, temp: self.temp, file: f(self.file) }
    }
}

impl Target<BufWriter<File>> {
    /// Flushes and closes the file. Where it must be `durable`, the disk has it before it gets its name, and a
    /// disk that is full only then is still an error; files of a series do without, one wait per file would
    /// take longer than writing them.
    pub(crate) fn close(self, durable: bool) -> Result<Pending, OutputError> {
        let Self { path, overwrite, temp, file } = self;
        let closed = file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| if durable { file.sync_data() } else { Ok(()) });
        match closed {
            Ok(()) => Ok(Pending { path, overwrite, temp }),
            Err(e) => Err(OutputError::from_io(&path, e)),
        }
    }
}

impl Pending {
    /// Gives the file its name.
    pub(crate) fn commit(self) -> Result<(), OutputError> {
        let Self { path, overwrite, temp } = self;
        let done = match overwrite {
            Overwrite::Replace => temp.persist(&path),
            Overwrite::Refuse => temp.persist_noclobber(&path),
        };
        done.map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => OutputError::Exists { path },
            _ => OutputError::from_io(&path, e.error),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Refuses a target that exists and must not be replaced, or that is no file.
pub(crate) fn check_free(path: &Path, overwrite: Overwrite) -> Result<(), OutputError> {
    let Ok(meta) = std::fs::metadata(path) else { return Ok(()) };
    if !meta.is_file() {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "it exists and is not a regular file");
        return Err(OutputError::Io { path: path.to_path_buf(), source });
    }
    match overwrite {
        Overwrite::Refuse => Err(OutputError::Exists { path: path.to_path_buf() }),
        Overwrite::Replace => Ok(()),
    }
}

/// Writes a whole file through `write`; it appears complete or not at all.
///
/// # Errors
/// If the target exists and must not be replaced, or `write` or the system fails. Nothing is left behind then.
pub fn write_atomic(
    path: &Path,
    overwrite: Overwrite,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OutputError> {
    let mut target = Target::create(path, overwrite)?.map(BufWriter::new);
    write(target.file()).map_err(|e| OutputError::from_io(path, e))?;
    target.close(true)?.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("folder");
        let mut names: Vec<_> =
            entries.map(|e| e.expect("entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_output_appears_complete_or_not_at_all() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.csv");
        let failed = write_atomic(&path, Overwrite::Refuse, |out| {
            out.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        });
        assert!(matches!(failed, Err(OutputError::DiskFull { .. })), "{failed:?}");
        assert!(names(folder.path()).is_empty(), "nothing is left behind");

        write_atomic(&path, Overwrite::Refuse, |out| out.write_all(b"one")).expect("written");
        let again = write_atomic(&path, Overwrite::Refuse, |out| out.write_all(b"two"));
        assert!(matches!(again, Err(OutputError::Exists { .. })));
        assert_eq!(std::fs::read(&path).expect("there"), b"one");
        write_atomic(&path, Overwrite::Replace, |out| out.write_all(b"two")).expect("replaced");
        assert_eq!(std::fs::read(&path).expect("there"), b"two");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn a_target_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.csv");
        let result = write_atomic(&path, Overwrite::Refuse, |out| {
            std::fs::write(&path, b"other")?;
            out.write_all(b"mine")
        });
        assert!(matches!(result, Err(OutputError::Exists { .. })), "{result:?}");
        assert_eq!(std::fs::read(&path).expect("there"), b"other");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn every_name_that_the_system_allows_can_be_written() {
        let folder = tempfile::tempdir().expect("folder");
        for name in [format!("{}.csv", "a".repeat(251)), format!("{}.csv", "ö".repeat(125)), "b".repeat(255)]
        {
            let path = folder.path().join(&name);
            write_atomic(&path, Overwrite::Refuse, |out| out.write_all(b"x")).expect("written");
            assert_eq!(std::fs::read(&path).expect("there"), b"x");
            std::fs::remove_file(&path).expect("removed");
        }
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn folders_and_missing_folders_are_errors() {
        let folder = tempfile::tempdir().expect("folder");
        assert!(write_atomic(folder.path(), Overwrite::Replace, |_| Ok(())).is_err());
        let deep = folder.path().join("no/such/a.csv");
        let error = write_atomic(&deep, Overwrite::Refuse, |_| Ok(())).expect_err("no folder");
        assert!(error.to_string().contains("a.csv"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn new_files_have_ordinary_permissions() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let (ours, plain) = (folder.path().join("a"), folder.path().join("b"));
        write_atomic(&ours, Overwrite::Refuse, |_| Ok(())).expect("written");
        std::fs::write(&plain, b"").expect("written");
        let mode = |p: &Path| std::fs::metadata(p).expect("there").permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
