//! Positioned reads with 64-bit offsets: what decoders see of a file.
//!
//! Decoders take [`ReadAt`], not paths: the same code reads files, mapped files and byte slices (tests,
//! fuzzing), from many threads at once and without a shared file position.

use std::fs::File;
use std::io;
use std::path::Path;

/// Bytes that can be read at any offset from many threads at once.
pub trait ReadAt: Send + Sync {
    /// Bytes there were when it was opened.
    fn size(&self) -> u64;

    /// Reads at most `buf.len()` bytes at `offset`; 0 at and past the end.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;

    /// All bytes, where they lie in memory (or in a mapped file) already.
    fn as_slice(&self) -> Option<&[u8]> {
        None
    }

    /// Fills `buf` from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` where the bytes end before, or as the system says.
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let Some(needed) = offset.checked_add(buf.len() as u64) else {
            let text = format!("byte {offset} is asked for, which no file has");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
        };
        let mut done = 0;
        while done < buf.len() {
            match self.read_at(offset + done as u64, &mut buf[done..]) {
                Ok(0) => {
                    let at = offset + done as u64;
                    let text = format!("the file ends at byte {at}, {needed} bytes are needed");
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, text));
                }
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }
}

impl ReadAt for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let n = buf.len().min(self.len() - start);
        buf[..n].copy_from_slice(&self[start..start + n]);
        Ok(n)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(self)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        (**self).read_at(offset, buf)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        (**self).as_slice()
    }
}

/// Reads from the beginning on, for decoders that want a stream.
#[derive(Clone)]
pub(crate) struct Stream<'a> {
    data: &'a dyn ReadAt,
    at: u64,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(data: &'a dyn ReadAt) -> Self {
        Self { data, at: 0 }
    }
}

impl io::Read for Stream<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.data.read_at(self.at, buf)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl io::Seek for Stream<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let found = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.data.size().checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = found.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// Some of the bytes, as if they were all.
pub(crate) struct Part<'a> {
    data: &'a dyn ReadAt,
    start: u64,
    size: u64,
}

impl<'a> Part<'a> {
    /// `size` bytes from `start` on, as far as there are any.
    pub(crate) fn new(data: &'a dyn ReadAt, start: u64, size: u64) -> Self {
        Self { data, start, size: size.min(data.size().saturating_sub(start)) }
    }
}

impl ReadAt for Part<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = (buf.len() as u64).min(self.size.saturating_sub(offset)) as usize;
        if n == 0 { Ok(0) } else { self.data.read_at(self.start + offset, &mut buf[..n]) }
    }

    fn as_slice(&self) -> Option<&[u8]> {
        self.data.as_slice()?.get(self.start as usize..(self.start + self.size) as usize)
    }
}

/// An open file.
#[derive(Debug)]
pub struct FileBytes {
    file: File,
    size: u64,
    modified: Option<std::time::SystemTime>,
}

impl FileBytes {
    /// Opens `path` for reading.
    ///
    /// # Errors
    /// As the system says; `InvalidInput` for anything but a regular file (a pipe has no offsets).
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::of(File::open(path)?)
    }

    /// As [`FileBytes::open`], for a file that is open already.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        Ok(Self { size: meta.len(), modified: meta.modified().ok(), file })
    }

    /// Asks after reading whether the file is still the one that was opened: it has its size and its time.
    ///
    /// # Errors
    /// What happened to it.
    pub(crate) fn unchanged(&self) -> Result<(), String> {
        let meta = self.file.metadata().map_err(|e| e.to_string())?;
        if meta.len() != self.size {
            let (now, then) = (meta.len(), self.size);
            return Err(format!("the file has {now} bytes, it had {then} when it was opened; open it again"));
        }
        if self.modified.is_some() && meta.modified().ok() != self.modified {
            return Err("the file was changed by another program while it was open; open it again".to_owned());
        }
        Ok(())
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl ReadAt for FileBytes {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buf, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&self.file, buf, offset)
    }

    /// A browser has no files.
    #[cfg(not(any(unix, windows)))]
    fn read_at(&self, _offset: u64, _buf: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// An open file of which the beginning has been read: all of it where it is small.
pub(crate) struct Begun {
    file: FileBytes,
    start: Vec<u8>,
}

impl Begun {
    /// Bytes that are read at once: those of small files, and the headers of most others.
    const START: u64 = 1 << 14;

    /// Opens `path` and reads its beginning.
    ///
    /// # Errors
    /// As [`FileBytes::open`].
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = FileBytes::open(path)?;
        let mut start = START_BUFFER.take();
        start.resize(file.size().min(Self::START) as usize, 0);
        let mut read = 0;
        while read < start.len() {
            match file.read_at(read as u64, &mut start[read..]) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // Whoever needs these bytes is told.
                Err(_) => break,
            }
        }
        start.truncate(read);
        Ok(Self { file, start })
    }
}

thread_local! {
    /// Kept by each thread, so that a series of files costs no allocation per frame.
    static START_BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl Drop for Begun {
    fn drop(&mut self) {
        START_BUFFER.set(std::mem::take(&mut self.start));
    }
}

impl ReadAt for Begun {
    fn size(&self) -> u64 {
        self.file.size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let known =
            usize::try_from(offset).ok().and_then(|offset| self.start.get(offset..)).unwrap_or_default();
        if known.is_empty() {
            return self.file.read_at(offset, buf);
        }
        let n = buf.len().min(known.len());
        buf[..n].copy_from_slice(&known[..n]);
        Ok(n)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        (self.start.len() as u64 == self.size()).then_some(&self.start)
    }
}

/// Runs `f` on all bytes of `data`, which are read into a buffer that each thread keeps, so that a series
/// of files costs no allocation per frame.
///
/// # Errors
/// As the system says, and those of `f`; the files are limited to `limit` bytes.
pub(crate) fn with_all_bytes<R>(
    data: &dyn ReadAt,
    limit: u64,
    f: impl FnOnce(&[u8]) -> Result<R, String>,
) -> Result<R, String> {
    thread_local! {
        static BUFFER: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    /// Buffers above this are given back after use: one huge file must not stay in memory per thread.
    const KEPT: usize = 64 << 20;
    if let Some(bytes) = data.as_slice() {
        return f(bytes);
    }
    let size = data.size();
    if size > limit {
        return Err(format!("the file has {size} bytes, more than the limit of {limit} bytes for one frame"));
    }
    let mut buffer = BUFFER.take();
    buffer.clear();
    let read = (|| {
        buffer
            .try_reserve_exact(size as usize)
            .map_err(|e| format!("no memory for its {size} bytes: {e}"))?;
        buffer.resize(size as usize, 0);
        data.read_exact_at(0, &mut buffer).map_err(|e| e.to_string())
    })();
    let result = read.and_then(|()| f(&buffer));
    if buffer.capacity() <= KEPT {
        BUFFER.set(buffer);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_begun_reads_as_it_is() {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("file");
        for size in [0, 1, 1000, 1 << 14, (1 << 14) + 1, 50_000] {
            let bytes: Vec<u8> = (0..size).map(|i: usize| (i * i / 7) as u8).collect();
            std::fs::write(&path, &bytes).expect("written");
            let file = Begun::open(&path).expect("opened");
            assert_eq!((file.size(), file.as_slice().is_some()), (size as u64, size <= 1 << 14));
            for (from, length) in [(0, 12), (0, size), (size / 2, 7), ((1 << 14) - 3, 9), (size, 3)] {
                let mut buf = vec![0; length];
                let all = bytes.get(from..from + length);
                assert_eq!(
                    file.read_exact_at(from as u64, &mut buf).is_ok(),
                    all.is_some(),
                    "{size}: {from}"
                );
                assert!(all.is_none_or(|all| all == buf), "{size}: {from}");
            }
        }
    }

    #[test]
    fn slices_end_where_they_end() {
        let data: &[u8] = &[1, 2, 3];
        let mut buf = [0; 2];
        assert_eq!(data.read_at(2, &mut buf).expect("slice"), 1);
        assert_eq!(data.read_at(u64::MAX, &mut buf).expect("slice"), 0);
        let error = data.read_exact_at(2, &mut buf).expect_err("too short");
        assert!(error.to_string().contains("ends at byte 3"), "{error}");
    }
}
