//! How a picture was taken: the tags of TIFF and EXIF, which is a TIFF without pixels.

use super::andor;
use super::ifd::{Header, Ifd};
use crate::facts::{Collected, Facts, aperture, device, exposure, millimetres, taken};
use crate::read_at::ReadAt;

mod tag {
    pub(super) const DESCRIPTION: u16 = 0x010e;
    pub(super) const MAKE: u16 = 0x010f;
    pub(super) const MODEL: u16 = 0x0110;
    pub(super) const SOFTWARE: u16 = 0x0131;
    pub(super) const EXPOSURE: u16 = 0x829a;
    pub(super) const APERTURE: u16 = 0x829d;
    pub(super) const EXIF: u16 = 0x8769;
    pub(super) const ISO: u16 = 0x8827;
    pub(super) const EXPOSURE_INDEX: u16 = 0x8832;
    pub(super) const ISO_SPEED: u16 = 0x8833;
    pub(super) const FOCAL_LENGTH: u16 = 0x920a;
    pub(super) const COMMENT: u16 = 0x9286;
    pub(super) const LENS_MAKE: u16 = 0xa433;
    pub(super) const LENS: u16 = 0xa434;
    /// Date, fraction of its second, zone: of the picture, of its digits, of the file.
    pub(super) const DATES: [[u16; 3]; 3] =
        [[0x9003, 0x9291, 0x9011], [0x9004, 0x9292, 0x9012], [0x0132, 0x9290, 0x9010]];
}

/// What EXIF data say; nothing where they are damaged.
pub(in crate::format) fn of_exif(exif: &dyn ReadAt) -> Facts {
    let found = Header::read(exif).map(|header| of_directory(exif, header, header.first));
    found.unwrap_or_default()
}

/// What the directory at `at` says, and its EXIF directory.
pub(super) fn of_directory(data: &dyn ReadAt, header: Header, at: u64) -> Facts {
    let Ok(main) = Ifd::read(data, header, at) else { return Facts::new() };
    let andor = andor::exposure(data, header, &main);
    let exif = main.number(data, tag::EXIF, 0).ok().and_then(|at| Ifd::read(data, header, at).ok());
    let tags = Tags { data, header, directories: [Some(main), exif] };
    let mut facts = Collected::default();
    for [date, fraction, zone] in tag::DATES {
        let (fraction, zone) = (tags.text(fraction), tags.text(zone));
        facts.add("taken", tags.text(date).and_then(|d| taken(&d, fraction.as_deref(), zone.as_deref())));
    }
    facts.add("exposure", tags.fraction(tag::EXPOSURE).or(andor).and_then(exposure));
    facts.add("aperture", tags.fraction(tag::APERTURE).and_then(aperture));
    facts.add("ISO", tags.iso());
    facts.add("focal length", tags.fraction(tag::FOCAL_LENGTH).and_then(millimetres));
    facts.add("camera", device(tags.text(tag::MAKE), tags.text(tag::MODEL)));
    facts.add("lens", device(tags.text(tag::LENS_MAKE), tags.text(tag::LENS)));
    facts.add("software", tags.text(tag::SOFTWARE));
    facts.add_description(tags.text(tag::DESCRIPTION));
    facts.add_comment(tags.comment());
    facts.finish()
}

/// The tags of a picture, in whichever directory they stand.
struct Tags<'a> {
    data: &'a dyn ReadAt,
    header: Header,
    directories: [Option<Ifd>; 2],
}

impl Tags<'_> {
    /// Bytes and type of a tag that is no longer than what people read.
    fn value(&self, tag: u16) -> Option<(Vec<u8>, u16)> {
        const LONGEST: u64 = 1 << 16;
        let directories = self.directories.iter().flatten();
        directories.into_iter().find_map(|directory| directory.short(self.data, tag, LONGEST))
    }

    fn text(&self, tag: u16) -> Option<String> {
        let (bytes, 1 | 2 | 7 | 129) = self.value(tag)? else { return None };
        Some(until_zero(&bytes))
    }

    fn number(&self, tag: u16) -> Option<u64> {
        let (bytes, kind) = self.value(tag)?;
        let size = match kind {
            3 => 2,
            4 => 4,
            _ => return None,
        };
        bytes.get(..size).map(|bytes| self.header.number(bytes))
    }

    fn fraction(&self, tag: u16) -> Option<f64> {
        let (bytes, 5) = self.value(tag)? else { return self.number(tag).map(|n| n as f64) };
        let (above, below) = bytes.get(..8)?.split_at(4);
        Some(self.header.number(above) as f64 / self.header.number(below) as f64)
    }

    fn iso(&self) -> Option<String> {
        /// What stands where two bytes hold no more: another tag has it.
        const MOST: u64 = u16::MAX as u64;
        let first = self.number(tag::ISO);
        let more = || self.number(tag::ISO_SPEED).or_else(|| self.number(tag::EXPOSURE_INDEX));
        let iso = if first.is_none_or(|iso| iso == MOST) { more().or(first) } else { first };
        iso.filter(|iso| *iso > 0).map(|iso| iso.to_string())
    }

    /// The comment, behind the name of its character set.
    fn comment(&self) -> Option<String> {
        let (bytes, _) = self.value(tag::COMMENT)?;
        let (set, text) = bytes.split_at_checked(8)?;
        match set {
            b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0" => Some(until_zero(text)),
            b"UNICODE\0" => {
                let units: Vec<u16> = text
                    .chunks_exact(2)
                    .map(|b| self.header.number(b) as u16)
                    .take_while(|u| *u != 0)
                    .collect();
                Some(String::from_utf16_lossy(&units))
            }
            _ => None,
        }
    }
}

/// UTF-8, or else Latin-1, up to a zero.
fn until_zero(bytes: &[u8]) -> String {
    let bytes = bytes.split(|&b| b == 0).next().unwrap_or_default();
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|&b| char::from(b)).collect(), str::to_owned)
}
