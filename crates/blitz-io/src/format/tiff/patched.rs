//! A view of a file in which a few bytes read differently.

use std::io;

use crate::read_at::ReadAt;

/// A file with a few bytes shown differently.
pub(super) struct Patched<'a> {
    pub(super) data: &'a dyn ReadAt,
    /// Offset and bytes.
    pub(super) patches: Vec<(u64, Vec<u8>)>,
}

impl ReadAt for Patched<'_> {
    fn size(&self) -> u64 {
        self.data.size()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.data.read_at(offset, buf)?;
        for (at, bytes) in &self.patches {
            for (i, &byte) in bytes.iter().enumerate() {
                let place = at + i as u64;
                if place >= offset && place - offset < n as u64 {
                    buf[(place - offset) as usize] = byte;
                }
            }
        }
        Ok(n)
    }
}
