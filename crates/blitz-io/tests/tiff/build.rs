//! TIFF files written byte by byte, so that every tag can be had, missing or wrong.

/// Values of an entry.
#[derive(Clone)]
pub(crate) enum Value {
    Short(Vec<u16>),
    Long(Vec<u32>),
    Bytes(Vec<u8>),
    Text(&'static str),
    Fraction(u32, u32),
    Double(f64),
}

use Value::{Long, Short};

/// One page.
#[derive(Clone)]
pub(crate) struct Page {
    /// Tag and values, but for those of the strips.
    pub(crate) entries: Vec<(u16, Value)>,
    pub(crate) strips: Vec<Vec<u8>>,
    /// Tags of offsets and lengths of strips; 0 leaves one away.
    pub(crate) tags: (u16, u16),
    /// Lengths that are written instead of the true ones.
    pub(crate) lengths: Option<Vec<u32>>,
    /// Whether the directory stands before the samples.
    pub(crate) directory_first: bool,
}

impl Page {
    /// A page of one strip.
    pub(crate) fn new(width: u32, height: u32, bits: u16, samples: u16, data: Vec<u8>) -> Self {
        let entries = vec![
            (256, Long(vec![width])),
            (257, Long(vec![height])),
            (258, Short(vec![bits; usize::from(samples)])),
            (259, Short(vec![1])),
            (262, Short(vec![if samples >= 3 { 2 } else { 1 }])),
            (277, Short(vec![samples])),
            (278, Long(vec![height])),
        ];
        Self { entries, strips: vec![data], tags: (273, 279), lengths: None, directory_first: false }
    }

    /// The same with another or one more entry.
    pub(crate) fn with(mut self, tag: u16, value: Value) -> Self {
        self = self.without(tag);
        self.entries.push((tag, value));
        self
    }

    pub(crate) fn short(self, tag: u16, value: u16) -> Self {
        self.with(tag, Short(vec![value]))
    }

    pub(crate) fn without(mut self, tag: u16) -> Self {
        self.entries.retain(|&(known, _)| known != tag);
        self
    }
}

/// A file and where its entries stand, page by page.
pub(crate) struct Built {
    pub(crate) bytes: Vec<u8>,
    pub(crate) entries: Vec<Vec<usize>>,
    /// Where offsets of the next directory stand; the first is that of the header.
    pub(crate) links: Vec<usize>,
}

/// Writes a file.
pub(crate) fn build(pages: &[Page], big_endian: bool) -> Built {
    let n2 = |v: u16| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
    let n4 = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
    let mut bytes = if big_endian { b"MM\0\x2a".to_vec() } else { b"II\x2a\0".to_vec() };
    bytes.extend(n4(0));
    let mut built = Built { bytes: Vec::new(), entries: Vec::new(), links: vec![4] };
    for page in pages {
        let mut page = page.clone();
        let lengths: Vec<u32> = page.strips.iter().map(|s| s.len() as u32).collect();
        let strips = page.strips.concat();
        let count = lengths.len();
        if page.tags.0 > 0 {
            page.entries.push((page.tags.0, Long(vec![0; count])));
        }
        if page.tags.1 > 0 {
            page.entries.push((page.tags.1, Long(page.lengths.clone().unwrap_or_else(|| lengths.clone()))));
        }
        page.entries.sort_by_key(|&(tag, _)| tag);
        // Once to learn how long values and table are, once with the offsets.
        let mut samples_at = bytes.len();
        for pass in 0..2 {
            let mut at = samples_at as u32;
            let offsets: Vec<u32> = lengths
                .iter()
                .map(|n| {
                    at += n;
                    at - n
                })
                .collect();
            for (tag, value) in &mut page.entries {
                if *tag == page.tags.0 && *tag > 0 {
                    *value = Long(offsets.clone());
                }
            }
            let values_at = if page.directory_first { bytes.len() } else { bytes.len() + strips.len() };
            let mut values = Vec::new();
            let mut table = n2(page.entries.len() as u16).to_vec();
            for (tag, value) in &page.entries {
                let (kind, number, raw): (u16, usize, Vec<u8>) = match value {
                    Short(v) => (3, v.len(), v.iter().flat_map(|&v| n2(v)).collect()),
                    Long(v) => (4, v.len(), v.iter().flat_map(|&v| n4(v)).collect()),
                    Value::Bytes(v) => (7, v.len(), v.clone()),
                    Value::Text(text) => (2, text.len() + 1, [text.as_bytes(), &[0]].concat()),
                    Value::Fraction(a, b) => (5, 1, [n4(*a), n4(*b)].concat()),
                    Value::Double(v) if big_endian => (12, 1, v.to_be_bytes().to_vec()),
                    Value::Double(v) => (12, 1, v.to_le_bytes().to_vec()),
                };
                table.extend(n2(*tag));
                table.extend(n2(kind));
                table.extend(n4(number as u32));
                if raw.len() <= 4 {
                    table.extend(&raw);
                    table.extend(vec![0; 4 - raw.len()]);
                } else {
                    table.extend(n4((values_at + values.len()) as u32));
                    values.extend(raw);
                }
            }
            if pass == 0 {
                if page.directory_first {
                    samples_at = bytes.len() + values.len() + table.len() + 4;
                }
                continue;
            }
            if !page.directory_first {
                bytes.extend(&strips);
            }
            bytes.extend(values);
            let link = built.links[built.links.len() - 1];
            let at = n4(bytes.len() as u32);
            bytes[link..link + 4].copy_from_slice(&at);
            built.entries.push((0..page.entries.len()).map(|i| bytes.len() + 2 + 12 * i).collect());
            bytes.extend(table);
            built.links.push(bytes.len());
            bytes.extend(n4(0));
            if page.directory_first {
                bytes.extend(&strips);
            }
        }
    }
    built.bytes = bytes;
    built
}

/// Codes packed with the first bit first, each row from a byte on.
pub(crate) fn pack(codes: &[u32], bits: usize, row: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for row in codes.chunks(row) {
        let text = row.iter().map(|code| format!("{code:0bits$b}")).collect::<Vec<_>>().concat();
        for byte in text.as_bytes().chunks(8) {
            let byte = std::str::from_utf8(byte).expect("ASCII");
            out.push(u8::from_str_radix(&format!("{byte:0<8}"), 2).expect("binary"));
        }
    }
    out
}
