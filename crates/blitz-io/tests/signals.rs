//! Signals recorded beside a recording.

mod common;

use std::fmt::Write as _;
use std::path::Path;

use blitz_core::{Abscissa, TimeUnit};
use blitz_io::{OpenError, SignalOptions, Signals, read_signals};
use common::{data, files, plain_npy};
use proptest::prelude::*;

fn read(path: &Path) -> Result<Signals, OpenError> {
    read_signals(path, &SignalOptions::default())
}

fn good(name: &str) -> Signals {
    read(&data("signals/good").join(name)).expect("good")
}

/// Times and values, row by row.
fn rows(signals: &Signals) -> Vec<f64> {
    let row =
        |i: usize| std::iter::once(signals.times[i]).chain(signals.columns.iter().map(move |c| c.values[i]));
    (0..signals.times.len()).flat_map(row).collect()
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

#[test]
fn good_files_are_read_exactly() {
    let mut count = 0;
    for path in
        files(&data("signals/good")).into_iter().filter(|path| path.extension().is_none_or(|e| e != "npy"))
    {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (shape, _, bytes) = plain_npy(&path.with_file_name(format!("{name}.npy")));
        let expected: Vec<f64> = bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect();
        let found = read(&path).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!([found.times.len(), 1 + found.columns.len()], shape[..], "{name}: {found:?}");
        assert!(same(&rows(&found), &expected), "{name}: {:?}, expected {expected:?}", rows(&found));
        count += 1;
    }
    assert!(count > 20, "the fixtures are there: {count}");
}

#[test]
fn bad_files_are_refused_with_name_and_reason() {
    let folder = data("signals/bad");
    let reasons = std::fs::read_to_string(folder.join("reasons.csv")).expect("reasons");
    for line in reasons.lines() {
        let (name, word) = line.split_once(',').expect("two columns");
        let why = read(&folder.join(name)).expect_err(name).to_string();
        assert!(why.contains(name) && why.contains(word.trim_matches('"')), "'{word}' is not in: {why}");
    }
    let why = read(&folder).expect_err("a folder").to_string();
    assert!(why.contains("no regular file"), "{why}");
    assert!(read(&folder.join("nothing.csv")).is_err());
}

#[test]
fn titles_and_units_come_from_the_file() {
    let titles = |name: &str| {
        let signals = good(name);
        let columns = signals.columns.iter();
        let columns: Vec<String> =
            columns.map(|c| format!("{} {}", c.name, c.unit.as_deref().unwrap_or("-"))).collect();
        format!("{} {}: {}", signals.time, signals.unit, columns.join(", "))
    };
    for (name, expected) in [
        ("pandas.csv", "time_ms ms: U V, p mbar"),
        ("german.csv", "time_ms ms: U V, p mbar"),
        ("tabs.tsv", "time_ms ms: U V, p mbar"),
        ("savetxt.txt", "time s: U V, p mbar"),
        ("tof.json", "offset ms: tof_data -"),
        ("tof.csv", "offset ms: tof_data -"),
        ("arrays.json", "t s: diode V"),
        ("pairs.json", " s: column 2 -"),
        ("rows.json", "time_us µs: open -"),
        ("numbers.json", " frame: column 1 -"),
        ("one_column.txt", " frame: counts -"),
        ("dates.csv", "timestamp s: T1 -"),
        ("logger.csv", "Date s: Oven °C"),
        ("frames.csv", "frame frame: A_mean -"),
    ] {
        assert_eq!(titles(name), expected, "{name}");
    }
}

#[test]
fn what_is_assumed_or_left_out_is_said() {
    let notes = |name: &str| good(name).notes.join(" ");
    let messy = notes("messy.csv");
    for word in [
        "2 rows have no time",
        "line 5",
        "go back in 2 places",
        "1 row has the time of another",
        "missing in x",
    ] {
        assert!(messy.contains(word), "'{word}' is not in: {messy}");
    }
    assert!(messy.contains("seconds are assumed"), "{messy}");
    let odd = notes("odd_lines.csv");
    assert!(
        odd.contains("1 line has fewer cells than most") && odd.contains("1 line has more cells"),
        "{odd}"
    );
    assert!(notes("pairs.json").contains("seconds are assumed"));
    assert!(notes("one_column.txt").contains("a value for each frame"));
    assert_eq!(notes("pandas.csv"), "");
}

#[test]
fn a_person_chooses_column_unit_and_start() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("a.csv");
    std::fs::write(&path, "x,when,t\n-4,10,1\n5,20,2\n6,30,3\n").expect("written");
    let with = |options: SignalOptions| read_signals(&path, &options);
    let named = |name: &str| SignalOptions { time: Some(name.into()), ..SignalOptions::default() };
    assert_eq!(read(&path).expect("t").times, [1.0, 2.0, 3.0]);
    for name in ["when", "When", "2"] {
        let found = with(named(name)).expect("found");
        assert_eq!(
            (found.times.as_slice(), found.find("T").map(|c| c.number)),
            (&[10.0, 20.0, 30.0][..], Some(3))
        );
    }
    let why = with(named("zeit")).expect_err("no such column").to_string();
    assert!(why.contains("'zeit'") && why.contains("'x', 'when', 't'"), "{why}");
    let options =
        SignalOptions { unit: Some(Abscissa::Time(TimeUnit::Hour)), drop_negative: true, ..named("x") };
    let found = with(options).expect("found");
    assert_eq!((found.times.as_slice(), found.unit), (&[5.0, 6.0][..], Abscissa::Time(TimeUnit::Hour)));
    assert!(found.notes.iter().any(|note| note.contains("1 row is before time 0")), "{:?}", found.notes);
}

/// Reads a text as a file of this suffix.
fn of(suffix: &str, text: &str) -> Result<Signals, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join(format!("a.{suffix}"));
    std::fs::write(&path, text).expect("written");
    read(&path).map_err(|error| error.to_string())
}

#[test]
fn the_times_are_no_temperature_and_no_least_value() {
    for (text, time, unit) in [
        ("frame,T (\u{b0}C),p (bar)\n0,1,10\n1,3,11\n", "frame", Abscissa::Frames),
        ("frame,T,p\n0,1,10\n1,3,11\n", "frame", Abscissa::Frames),
        ("frame,min,max,p\n0,0,10,5\n1,0.05,11,6\n", "frame", Abscissa::Frames),
        ("frame,exposure_time,U\n0,5,1\n1,5,2\n", "frame", Abscissa::Frames),
        ("time (K),t (ms),U\n7,0,1\n8,1,2\n", "t", Abscissa::Time(TimeUnit::Millisecond)),
        ("T (s),U\n0,1\n1,2\n", "T", Abscissa::Time(TimeUnit::Second)),
    ] {
        let found = of("csv", text).expect("read");
        assert_eq!((found.time.as_str(), found.unit), (time, unit), "{text:?}");
        assert_eq!(found.times, [0.0, 1.0], "{text:?}");
    }
}

#[test]
fn marks_of_thousands_are_refused_as_in_matrices() {
    for text in ["t\tU\n0\t999\n1\t1,234\n2\t1,500\n3\t998\n", "t,U\n0,\"999\"\n1,\"1,234\"\n"] {
        assert!(of("txt", text).expect_err("in doubt").contains("thousands"), "{text:?}");
    }
    assert_eq!(of("txt", "t\tU\n0\t0,125\n1\t1,234\n").expect("decimals").columns[0].values, [0.125, 1.234]);
}

#[test]
fn clocks_go_on_behind_midnight() {
    let found = of("csv", "clock;U\n23:59:58;1\n23:59:59;2\n00:00:00;3\n00:00:01;4\n").expect("read");
    let since: Vec<f64> = found.times.iter().map(|t| t - found.times[0]).collect();
    assert_eq!(
        (since.as_slice(), &found.columns[0].values[..]),
        (&[0.0, 1.0, 2.0, 3.0][..], &[1.0, 2.0, 3.0, 4.0][..])
    );
    assert!(found.notes.iter().any(|note| note.contains("passes 1 midnight")), "{:?}", found.notes);
    // A day beside them, before or behind.
    for text in [
        "time;date;U\n23:59:59;2026-11-28;1\n00:00:00;2026-11-29;2\n",
        "date;time;U\n2026-11-28;23:59:59;1\n2026-11-29;00:00:00;2\n",
    ] {
        let found = of("csv", text).expect("read");
        assert_eq!((found.times.as_slice(), found.columns.len()), (&[0.0, 1.0][..], 1), "{text:?}");
    }
}

#[test]
fn names_in_json_stay_and_its_table_is_what_is_read() {
    let found = of("json", r#"[{"time_ms":"start","U":"idle"},{"time_ms":1,"U":2},{"time_ms":2,"U":3}]"#);
    let found = found.expect("read");
    assert_eq!((found.time.as_str(), found.columns[0].name.as_str()), ("time_ms", "U"));
    assert_eq!(found.times, [1.0, 2.0]);
    let found = of("json", r#"{"channels":[1,2],"data":[[0,1],[1,2],[2,3]]}"#).expect("read");
    assert_eq!(found.columns[0].values, [1.0, 2.0, 3.0]);
    assert!(found.notes.iter().any(|note| note.contains("'channels'")), "{:?}", found.notes);
}

#[test]
fn tables_of_absurd_width_are_refused() {
    let wide = vec!["1"; 5000].join(",");
    let why = of("csv", &format!("{wide}\n{wide}\n")).expect_err("5000 columns");
    assert!(why.contains("5000 columns found"), "{why}");
    let found = of("csv", "t,U,U (3),U\n0,1,2,3\n1,2,3,4\n").expect("read");
    let names: Vec<&str> = found.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names.len(), 3);
    assert!(names[0] != names[1] && names[1] != names[2] && names[0] != names[2], "{names:?}");
}

proptest! {
    /// Whatever the dialect, the numbers come back to the bit, sorted by time.
    #[test]
    fn numbers_come_back_from_every_dialect(
        rows in prop::collection::btree_map(-1_000_000_i32..1_000_000, (any::<f64>(), any::<f64>()), 2..40),
        dialect in 0..4_usize,
        reversed in any::<bool>(),
    ) {
        let finite = |v: f64| if v.is_finite() { v } else { f64::NAN };
        let mut table: Vec<[f64; 3]> = rows.iter().map(|(t, (a, b))| [f64::from(*t) / 8.0, finite(*a), finite(*b)]).collect();
        prop_assume!(table.iter().any(|row| !row[1].is_nan()) && table.iter().any(|row| !row[2].is_nan()));
        let expected: Vec<f64> = table.iter().flatten().copied().collect();
        if reversed {
            table.reverse();
        }
        let number = |v: f64| match dialect {
            _ if v.is_nan() && dialect == 3 => "null".to_owned(),
            _ if v.is_nan() => "nan".to_owned(),
            0 => format!("{v:e}").replace('.', ","),
            _ => format!("{v:e}"),
        };
        let mark = [";", "\t", " ", ","][dialect];
        let mut text = if dialect == 3 { "[".to_owned() } else { ["t_s", "a", "b"].join(mark) + "\n" };
        for (i, row) in table.iter().enumerate() {
            let cells = row.map(number).join(mark);
            let line = match dialect {
                3 if i == 0 => format!("[{cells}]"),
                3 => format!(",[{cells}]"),
                _ => cells + "\n",
            };
            let _ = write!(text, "{line}");
        }
        if dialect == 3 {
            text.push(']');
        }
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.dat");
        std::fs::write(&path, &text).expect("written");
        let found = read(&path).map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?;
        prop_assert!(same(&self::rows(&found), &expected), "{:?} of {text}", found);
    }
}
