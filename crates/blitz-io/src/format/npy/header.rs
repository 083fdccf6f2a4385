//! The header of a `.npy` file: magic, version, and a Python dictionary of three known entries.
//!
//! The dictionary is read by a parser for exactly what the format allows; nothing is evaluated.

use super::element::Element;
use crate::read_at::ReadAt;

/// Headers above this are no headers of numeric arrays.
const MAX_HEADER: u64 = 1 << 20;

/// What the header states. Nothing of it has been compared with the file's size yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) element: Element,
    /// The first axis varies fastest.
    pub(crate) fortran: bool,
    pub(crate) shape: Vec<usize>,
    /// First byte of the samples.
    pub(crate) offset: u64,
}

impl Header {
    pub(crate) fn read(data: &dyn ReadAt) -> Result<Self, String> {
        super::FORMAT.check_start(data)?;
        let cut = |e: std::io::Error| format!("the header is cut short: {e}");
        let mut start = [0; 12];
        data.read_exact_at(0, &mut start[..10]).map_err(cut)?;
        let (length, at) = match start[6] {
            1 => (u64::from(u16::from_le_bytes([start[8], start[9]])), 10),
            2 | 3 => {
                data.read_exact_at(0, &mut start).map_err(cut)?;
                (u64::from(u32::from_le_bytes([start[8], start[9], start[10], start[11]])), 12)
            }
            n => return Err(format!("version {n}.{} of the format is not known, only 1 to 3", start[7])),
        };
        if length > MAX_HEADER || at + length > data.size() {
            return Err(format!(
                "the header claims {length} bytes, the file has {} (and a header at most {MAX_HEADER})",
                data.size()
            ));
        }
        let mut text = vec![0; length as usize];
        data.read_exact_at(at, &mut text).map_err(cut)?;
        let text = String::from_utf8(text).map_err(|_| "the header is not text".to_owned())?;
        let dict = Dict::parse(&text)?;
        Ok(Self {
            element: Element::parse(&dict.descr)?,
            fortran: dict.fortran,
            shape: dict.shape,
            offset: at + length,
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Dict {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

impl Dict {
    /// Reads `{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }` and nothing else.
    fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0 };
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        parser.expect('{')?;
        while !parser.take('}') {
            let key = parser.string()?;
            parser.expect(':')?;
            let twice = match key.as_str() {
                "descr" => descr.replace(parser.descr()?).is_some(),
                "fortran_order" => fortran.replace(parser.boolean()?).is_some(),
                "shape" => shape.replace(parser.shape()?).is_some(),
                other => return Err(format!("the header has an unknown entry '{other}'")),
            };
            if twice {
                return Err(format!("the header has '{key}' twice"));
            }
            if !parser.take(',') {
                parser.expect('}')?;
                break;
            }
        }
        parser.end()?;
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) => Ok(Self { descr, fortran, shape }),
            _ => Err("the header lacks one of 'descr', 'fortran_order' and 'shape'".to_owned()),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&mut self) -> &str {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        &self.text[self.at..]
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn expect(&mut self, c: char) -> Result<(), String> {
        if self.take(c) { Ok(()) } else { Err(self.wrong(&format!("'{c}'"))) }
    }

    fn wrong(&mut self, expected: &str) -> String {
        let found: String = self.rest().chars().take(12).collect();
        format!("the header has '{}' where {expected} must stand", found.escape_debug())
    }

    fn string(&mut self) -> Result<String, String> {
        let rest = self.rest();
        let quote = rest.chars().next().filter(|&c| c == '\'' || c == '"');
        let found = quote.and_then(|q| rest[1..].find(q).map(|end| rest[1..=end].to_owned()));
        match found {
            Some(text) if !text.contains('\\') => {
                self.at += text.len() + 2;
                Ok(text)
            }
            _ => Err(self.wrong("a quoted word")),
        }
    }

    fn descr(&mut self) -> Result<String, String> {
        if self.rest().starts_with('[') {
            return Err(
                "it is a structured array (named fields), which is not read; save one field".to_owned()
            );
        }
        self.string()
    }

    fn boolean(&mut self) -> Result<bool, String> {
        for (word, value) in [("True", true), ("False", false)] {
            if self.rest().starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("True or False"))
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        const MAX_AXES: usize = 64;
        let mut shape = Vec::new();
        self.expect('(')?;
        while !self.take(')') {
            if shape.len() == MAX_AXES {
                return Err(format!("the shape has more than {MAX_AXES} axes"));
            }
            shape.push(self.length()?);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(shape)
    }

    fn length(&mut self) -> Result<usize, String> {
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix('-') {
            let digits: String = after.chars().take_while(char::is_ascii_digit).take(20).collect();
            return Err(format!("the shape has a negative length: -{digits}"));
        }
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let text = rest[..digits].to_owned();
        if text.is_empty() {
            return Err(self.wrong("a length"));
        }
        let value = text.parse().map_err(|_| format!("the shape has an impossible length: {text:.40}"))?;
        self.at += digits;
        // Written by Python 2.
        self.take('L');
        Ok(value)
    }

    fn end(&mut self) -> Result<(), String> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.wrong("the end of the header")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(dict: &str) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\0".to_vec();
        bytes.extend((dict.len() as u16).to_le_bytes());
        bytes.extend(dict.as_bytes());
        bytes
    }

    #[test]
    fn what_numpy_writes_is_read() {
        for (dict, shape) in [
            ("{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }            \n", vec![3, 4]),
            ("{\"shape\": (5L,), 'fortran_order': True, 'descr': '|u1'}\n", vec![5]),
            ("{'descr':'>f8','fortran_order':False,'shape':()}", vec![]),
        ] {
            let bytes = file(dict);
            let header = Header::read(&bytes.as_slice()).expect(dict);
            assert_eq!(header.shape, shape);
            assert_eq!(header.offset, bytes.len() as u64);
        }
    }

    #[test]
    fn every_version_is_read() {
        let dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n";
        for version in [2, 3] {
            let mut bytes = b"\x93NUMPY".to_vec();
            bytes.extend([version, 0]);
            bytes.extend((dict.len() as u32).to_le_bytes());
            bytes.extend(dict.as_bytes());
            assert_eq!(Header::read(&bytes.as_slice()).expect("valid").offset, 12 + dict.len() as u64);
        }
        assert!(
            Header::read(&b"\x93NUMPY\x04\0\0\0\0\0\0".as_slice())
                .expect_err("unknown")
                .contains("version 4")
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (dict, word) in [
            ("{'descr': '<u2', 'fortran_order': False, 'shape': (3, -4)}", "negative length: -4"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (3, 4)}", "object"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", "structured"),
            ("{'descr': '<u2', 'fortran_order': False}", "lacks"),
            ("{'descr': '<u2', 'descr': '<u2', 'fortran_order': False, 'shape': (3, 4)}", "twice"),
            ("{'descr': '<u2', 'fortran_order': 0, 'shape': (3, 4)}", "True or False"),
            ("{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4)} + 1", "end of the header"),
            ("{'descr': '<u2', 'x': 1}", "unknown entry 'x'"),
            ("{'shape': (99999999999999999999999,)}", "impossible length"),
            ("", "'{'"),
        ] {
            let error = Header::read(&file(dict).as_slice()).expect_err(dict);
            assert!(error.contains(word), "{dict}: {error}");
        }
        let mut long = file("");
        long[8] = 255;
        assert!(Header::read(&long.as_slice()).expect_err("too long").contains("claims 255 bytes"));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in "\\PC{0,80}") {
            let _ = Dict::parse(&text);
        }

        #[test]
        fn any_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut npy = b"\x93NUMPY\x01\0".to_vec();
            npy.extend(&bytes);
            let _ = Header::read(&npy.as_slice());
            let _ = Header::read(&bytes.as_slice());
        }

        #[test]
        fn mutations_are_refused_or_read(at in 0_usize..60, with in any::<char>()) {
            let good = "{'descr': '<u2', 'fortran_order': False, 'shape': (3, 4), }";
            let text: String = good.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
            let _ = Dict::parse(&text);
        }

        #[test]
        fn shapes_come_back(shape in proptest::collection::vec(0_usize..1_000_000, 0..6), fortran: bool) {
            let list = shape.iter().fold(String::new(), |list, n| list + &n.to_string() + ", ");
            let python = if fortran { "True" } else { "False" };
            let dict = Dict::parse(&format!("{{'descr': '<i8', 'fortran_order': {python}, 'shape': ({list})}}"));
            prop_assert_eq!(dict, Ok(Dict { descr: "<i8".to_owned(), fortran, shape }));
        }
    }
}
