//! Times from a table: text with one row per frame.
//!
//! Columns are parted by tab, semicolon or comma; beside the first two a comma is a decimal mark. One column alone holds
//! the times. Several have their names in the first row: `time_s`, `time (ms)`, `t`, `timestamp` …, and `frame` (source
//! frame number) where rows are not frame after frame. Rows that begin with `#` are comments.

use std::io::Read;
use std::path::Path;

use blitz_core::TimeUnit;

use super::moment::{DATE, Moment, PICOSECONDS};
use super::{axis, first_fall};
use crate::source::FrameSource;

/// Bytes of a table: some for each of as many frames as any recording has.
const MOST_BYTES: u64 = 1 << 28;

/// What a table says.
#[derive(Debug, PartialEq)]
struct Table {
    rows: Vec<Row>,
    tick: i128,
    /// Whether rows name their frames.
    has_frames: bool,
}

#[derive(Debug, PartialEq)]
struct Row {
    line: u64,
    frame: usize,
    time: i128,
}

pub(super) fn set(source: &mut dyn FrameSource, path: &Path) -> Result<(), String> {
    let file = std::fs::File::open(path).map_err(|e| format!("--times: the table cannot be read: {e}"))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("--times: the table cannot be read: {e}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("--times: the file has more than 256 MB, a table of times is expected".to_owned());
    }
    let table = Table::parse(&bytes)?;
    let info = source.info();
    let frames = info.frames;
    if !table.has_frames && table.rows.len() != frames {
        return Err(format!(
            "--times: {} times found, {frames} expected, one for each frame (a column named frame gives times to some)",
            table.rows.len()
        ));
    }
    let times = table.by_frame(frames)?;
    let time = axis(&times, table.tick);
    let without = times.iter().filter(|t| t.is_none()).count();
    let info = source.info_mut();
    info.time = time;
    info.notes.push(format!("Times come from {}.", path.display()));
    if without > 0 {
        info.notes.push(format!("{without} of {frames} frames have no time there."));
    }
    Ok(())
}

impl Table {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let is_row = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        let first = text.lines().find(is_row).ok_or("--times: the table has no row")?;
        let delimiter = [b'\t', b';'].into_iter().find(|d| first.as_bytes().contains(d)).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .comment(Some(b'#'))
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        let mut columns: Option<Columns> = None;
        let mut table = Self { rows: Vec::new(), tick: i128::MAX, has_frames: false };
        let comma = delimiter != b',';
        for record in reader.records() {
            let record = record.map_err(|error| format!("--times: the table cannot be read: {error}"))?;
            if record.iter().all(str::is_empty) {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let Some(columns) = &columns else {
                let found = Columns::of(&record, comma)?;
                table.has_frames = found.frame.is_some();
                let is_header = found.is_header;
                let columns = columns.insert(found);
                if !is_header {
                    table.push(&record, columns, line, comma)?;
                }
                continue;
            };
            table.push(&record, columns, line, comma)?;
        }
        table.count_from_first();
        if table.rows.is_empty() { Err("--times: the table has no time".to_owned()) } else { Ok(table) }
    }

    fn push(
        &mut self,
        record: &csv::StringRecord,
        columns: &Columns,
        line: u64,
        comma: bool,
    ) -> Result<(), String> {
        let wrong = |what: &str, found: &str, expected: &str| {
            format!("--times: line {line}: {what} '{}' found, {expected} expected", found.escape_debug())
        };
        let text = record.get(columns.time).unwrap_or("");
        let moment = Moment::parse(text, columns.unit, comma)
            .ok_or_else(|| wrong("the time", text, "a number, h:mm:ss or a date with a time"))?;
        let frame = match columns.frame {
            None => self.rows.len(),
            Some(column) => {
                let text = record.get(column).unwrap_or("");
                text.parse().map_err(|_| wrong("the frame", text, "a frame number from 0 on"))?
            }
        };
        self.tick = self.tick.min(moment.tick);
        self.rows.push(Row { line, frame, time: moment.picoseconds });
        Ok(())
    }

    /// Dates count from the first one.
    fn count_from_first(&mut self) {
        let Some(first) = self.rows.iter().map(|row| row.time).min().filter(|t| *t >= DATE) else { return };
        self.rows.iter_mut().for_each(|row| row.time -= first);
    }

    fn by_frame(&self, frames: usize) -> Result<Vec<Option<i128>>, String> {
        let mut times = vec![None; frames];
        let mut lines = vec![0; frames];
        for row in &self.rows {
            let slot = times.get_mut(row.frame).ok_or_else(|| {
                format!(
                    "--times: line {}: frame {} found, the recording has frames 0–{}",
                    row.line,
                    row.frame,
                    frames.saturating_sub(1)
                )
            })?;
            if slot.replace(row.time).is_some() {
                return Err(format!("--times: line {}: frame {} has a time already", row.line, row.frame));
            }
            lines[row.frame] = row.line;
        }
        if let Some((a, b)) = first_fall(&times) {
            let seconds = |frame: usize| times[frame].unwrap_or_default() as f64 / PICOSECONDS as f64;
            return Err(format!(
                "--times: line {}: {} s found for frame {b}, more than the {} s of frame {a} expected: times rise",
                lines[b],
                seconds(b),
                seconds(a)
            ));
        }
        Ok(times)
    }
}

/// Which columns are read.
struct Columns {
    time: usize,
    /// Picoseconds of the time's unit.
    unit: i128,
    frame: Option<usize>,
    is_header: bool,
}

impl Columns {
    fn of(first: &csv::StringRecord, comma: bool) -> Result<Self, String> {
        let plain = Self { time: 0, unit: PICOSECONDS, frame: None, is_header: false };
        if first.len() == 1 {
            let text = first.get(0).unwrap_or("");
            if Moment::parse(text, PICOSECONDS, comma).is_some() {
                return Ok(plain);
            }
            return Ok(Self {
                unit: title(text).map_or(PICOSECONDS, |(_, unit)| unit),
                is_header: true,
                ..plain
            });
        }
        let titles: Vec<Option<(String, i128)>> = first.iter().map(title).collect();
        let find = |names: &[&str]| {
            let is_one =
                |t: &Option<(String, i128)>| t.as_ref().is_some_and(|(n, _)| names.contains(&n.as_str()));
            titles.iter().position(is_one)
        };
        let Some(time) = find(&["time", "times", "t", "timestamp", "datetime", "date", "zeit"]) else {
            let found: Vec<String> = first.iter().take(8).map(|t| t.escape_debug().to_string()).collect();
            return Err(format!(
                "--times: the columns {} found in the first row, one named time (time_s, time_ms, …) expected; a table \
                 without names has one column, decimals with a point",
                found.join(", ")
            ));
        };
        let unit = titles[time].as_ref().map_or(PICOSECONDS, |(_, unit)| *unit);
        Ok(Self { time, unit, frame: find(&["frame", "frames", "index", "bild"]), is_header: true })
    }
}

/// The name of a column, and the picoseconds of its unit: `time_ms`, `Time (s)`, `t / µs`.
fn title(text: &str) -> Option<(String, i128)> {
    let lower = text.trim().to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.next()?.to_owned();
    let unit = words.next_back().and_then(TimeUnit::of_word).map_or(PICOSECONDS, TimeUnit::picoseconds);
    Some((name, unit))
}

/// Reads any bytes as a table for some frames.
pub(crate) fn try_bytes(bytes: &[u8]) {
    if let Ok(table) = Table::parse(bytes)
        && let Ok(times) = table.by_frame(table.rows.len())
    {
        let _ = axis(&times, table.tick);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blitz_core::TimeAxis;

    fn seconds(text: &str, frames: usize) -> Result<Vec<Option<f64>>, String> {
        let table = Table::parse(text.as_bytes())?;
        let axis: TimeAxis = axis(&table.by_frame(frames)?, table.tick);
        Ok((0..frames).map(|frame| axis.seconds(frame)).collect())
    }

    #[test]
    fn tables_of_every_form_are_read() {
        let right = Ok(vec![Some(0.0), Some(0.04), Some(0.13)]);
        for text in [
            "0\n0.04\n0.13\n",
            "\u{feff}time_ms\r\n0\r\n40\r\n130\r\n",
            "# a comment\nframe,time_s,A_mean\n0,0,5\n1,0.04,6\n2,0.13,7\n",
            "time (s);value\n0,00;1,5\n0,04;2,5\n0,13;3,5\n",
            "t / µs\tframe\n0\t0\n130000\t2\n40000\t1\n",
            "timestamp\n2026-11-28T12:00:00.00\n2026-11-28T12:00:00.04\n2026-11-28T12:00:00.13\n",
            "Time\n0:00:00\n0:00:00.04\n\n0:00:00.13\n",
            "1700000000.00\n1700000000.04\n1700000000.13\n",
        ] {
            assert_eq!(seconds(text, 3), right, "{text}");
        }
        assert_eq!(seconds("frame,time_s\n0,0\n2,0.5\n", 3), Ok(vec![Some(0.0), None, Some(0.5)]));
        assert_eq!(seconds("-1\n0\n1\n", 3), Ok(vec![Some(-1.0), Some(0.0), Some(1.0)]));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_line() {
        let why = |text: &str| seconds(text, 3).expect_err("refused");
        assert!(why("0\n0.04\nfast\n").contains("line 3: the time 'fast' found"));
        assert!(why("0\n0.04\n0.04\n").contains("line 3: 0.04 s found for frame 2"));
        assert!(why("0,04\n0,08\n").contains("one named time"), "a decimal comma or two columns");
        assert!(why("a,b\n1,2\n").contains("one named time"));
        assert!(why("frame,time\n0,1\n0,2\n").contains("has a time already"));
        assert!(why("frame,time\n7,1\n").contains("frame 7 found, the recording has frames 0–2"));
        assert!(why("frame,time\n-1,1\n").contains("the frame '-1'"));
        assert!(why("frame,time_s\n0,\n").contains("the time ''"));
        assert!(why("").contains("no row") && why("time\n").contains("no time"));
    }

    #[test]
    fn any_bytes_are_read_or_refused() {
        for bytes in
            [&b"\xff\xfe\0t"[..], b"\"", b"a\"b,\"\n,,,\n", b"time\n1e30\n-1e30\n9e29", b"\t\t\t", b"#"]
        {
            try_bytes(bytes);
        }
    }
}
