//! The text of headers and of plain images.

/// Words and numbers between blanks and comments.
pub(super) struct Header<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) comments: Vec<String>,
}

impl<'a> Header<'a> {
    /// Passes blanks and comments.
    pub(super) fn skip(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            if byte == b'#' {
                let rest = &self.bytes[self.at + 1..];
                let end = rest.iter().position(|&b| b == b'\n' || b == b'\r').unwrap_or(rest.len());
                let text = String::from_utf8_lossy(&rest[..end]).trim().to_owned();
                if !text.is_empty() && self.comments.len() < 16 {
                    self.comments.push(text);
                }
                self.at += 1 + end;
            } else if byte.is_ascii_whitespace() {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    pub(super) fn word(&mut self) -> &'a [u8] {
        self.skip();
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&b| b.is_ascii_whitespace() || b == b'#').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub(super) fn number(&mut self, what: &str) -> Result<u32, String> {
        let word = self.word();
        let text = || String::from_utf8_lossy(&word[..word.len().min(20)]).into_owned();
        if word.is_empty() {
            return Err(format!("the file is cut short: the {what} is missing"));
        }
        if !word.iter().all(u8::is_ascii_digit) {
            return Err(format!("the {what} is '{}', it must be a number", text()));
        }
        let digits = std::str::from_utf8(word).map_err(|e| e.to_string())?;
        digits.parse().map_err(|_| format!("the {what} is {}, more than any image has", text()))
    }

    /// One digit of a plain bitmap.
    pub(super) fn bit(&mut self) -> Result<u32, String> {
        self.skip();
        let bit = match self.bytes.get(self.at) {
            Some(b'0') => 0,
            Some(b'1') => 1,
            Some(&other) => return Err(format!("'{}' is neither 0 nor 1", char::from(other))),
            None => return Err("the file is cut short".to_owned()),
        };
        self.at += 1;
        Ok(bit)
    }

    /// Width, height, channels and largest value of a PAM header; ends behind its last line.
    pub(super) fn pam(&mut self) -> Result<(u32, u32, u32, u32), String> {
        let (mut width, mut height, mut depth, mut largest) = (None, None, None, None);
        loop {
            let word = self.word();
            let place = match word {
                b"ENDHDR" => break,
                b"WIDTH" => &mut width,
                b"HEIGHT" => &mut height,
                b"DEPTH" => &mut depth,
                b"MAXVAL" => &mut largest,
                b"TUPLTYPE" => {
                    self.word();
                    continue;
                }
                b"" => return Err("the file is cut short: its header does not end with ENDHDR".to_owned()),
                other => {
                    let text = String::from_utf8_lossy(&other[..other.len().min(20)]).into_owned();
                    return Err(format!("the header has an unknown line '{text}'"));
                }
            };
            let value = self.number("number of a header line")?;
            if place.replace(value).is_some() {
                return Err("a line of the header stands there twice".to_owned());
            }
        }
        if self.bytes.get(self.at) != Some(&b'\n') {
            return Err("the line ENDHDR does not end".to_owned());
        }
        self.at += 1;
        let (Some(width), Some(height), Some(depth), Some(largest)) = (width, height, depth, largest) else {
            return Err("the header lacks one of WIDTH, HEIGHT, DEPTH and MAXVAL".to_owned());
        };
        match depth {
            1 | 3 => Ok((width, height, depth, largest)),
            2 | 4 => Err("PAM with an alpha channel is not read: save it as PNG".to_owned()),
            _ => Err(format!("PAM with {depth} channels is not read, only 1 and 3")),
        }
    }
}
