//! Matrices in text: dialects, what is refused, types of series, folders with texts beside pictures.

mod common;
#[path = "grids/edges.rs"]
mod edges;
#[path = "grids/written.rs"]
mod written;

use std::path::{Path, PathBuf};

use blitz_core::{DType, Samples, SamplesMut};
use blitz_io::{FrameSource, OpenError, OpenOptions, list, open};
use common::{data, decode, open_one};

/// A folder of texts.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// The values of a frame, whatever their type.
fn values(source: &dyn FrameSource, frame: usize) -> Vec<f64> {
    match decode(source, frame).unwrap_or_else(|e| panic!("{e}")) {
        Samples::U8(v) => v.into_iter().map(f64::from).collect(),
        Samples::U16(v) => v.into_iter().map(f64::from).collect(),
        Samples::I16(v) => v.into_iter().map(f64::from).collect(),
        Samples::I32(v) => v.into_iter().map(f64::from).collect(),
        Samples::U32(v) => v.into_iter().map(f64::from).collect(),
        Samples::F32(v) => v.into_iter().map(f64::from).collect(),
        Samples::F64(v) => v,
    }
}

/// What one text is read as: height, width, type, values, notes; or why it is not.
struct Read {
    size: (usize, usize),
    dtype: DType,
    values: Vec<f64>,
    notes: String,
}

fn read(text: impl AsRef<[u8]>) -> Result<Read, String> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("frame.txt");
    std::fs::write(&path, text).expect("written");
    let source = open_one(&path).map_err(|error| error.to_string())?;
    let info = source.info();
    Ok(Read {
        size: (info.frame.height, info.frame.width),
        dtype: info.dtype,
        values: values(&*source, 0),
        notes: info.notes.join(" "),
    })
}

fn good(text: &str) -> Read {
    read(text).unwrap_or_else(|why| panic!("{text:?}: {why}"))
}

fn bad(text: &str) -> String {
    match read(text) {
        Ok(found) => panic!("{text:?} was read: {:?}, {:?}", found.size, found.values),
        Err(why) => why,
    }
}

#[test]
fn delimiters_and_decimals_are_found() {
    let decimals = [1.5, 2.5, -3.0, 4.25];
    for text in [
        "1.5\t2.5\n-3\t4.25\n",
        "1,5;2,5\n-3;4,25\n",
        "1,5\t2,5\n-3\t4,25\n",
        "1,5 2,5\n-3 4,25\n",
        "1.5,2.5\n-3,4.25\n",
        "1.5, 2.5\n-3, 4.25\n",
        " 1.5   2.5\n-3.0 \t 4.25\n",
        "1.5;2.5;\n-3;4.25;\n",
        "1.5;2.5;\n-3;4.25\n",
        "1.5;2.5\r\n-3;4.25\r\n",
        "1.5;2.5\r-3;4.25\r",
        "\"1,5\",\"2,5\"\n\"-3\",\"4,25\"\n",
        "'1.5' '2.5'\n'-3' '4.25'\n",
        "15e-1 +2.5D0\n-3. .425E+01\n",
        "% made by hand\n// twice\n# thrice\n; and again\n1.5 2.5 # the first row\n-3 4.25\n",
        "1.5;2.5\n-3;4.25\n\u{1a}",
    ] {
        let found = good(text);
        assert_eq!(
            (found.size, found.dtype, &found.values[..]),
            ((2, 2), DType::F64, &decimals[..]),
            "{text:?}"
        );
    }
    // Read with commas between its cells, this would look like rows with a damaged cell.
    assert_eq!(good("1,5 2,5\n3,5 4,5\n").values, [1.5, 2.5, 3.5, 4.5]);
    // Integers are written first, decimals only later.
    let late = "1;2\n".repeat(40_000) + "1,5;2\n";
    assert_eq!(good(&late).values[80_000], 1.5);
    // Without anything else between them, commas part cells.
    assert_eq!(good("1,5\n2,5\n").values, [1.0, 5.0, 2.0, 5.0]);
    assert_eq!(good("1\t2\t\t4\n5\t6\t7\t8\n").values.iter().filter(|v| v.is_nan()).count(), 1);
}

#[test]
fn the_notes_say_how_a_text_was_read() {
    let ended = good("1;2;\n3;4;\n").notes;
    assert!(ended.contains("Lines end with what separates cells (semicolons)"), "{ended}");
    let found = good("Camera;XY 7\nRate;50,0\nx;y;z\n1,5;2;3\n4;;6\n7;NA;9\n");
    assert_eq!((found.size, found.dtype), ((3, 3), DType::F64));
    assert_eq!(
        found.notes,
        "Text of 3 rows and 3 columns, separated by semicolons, with decimal commas; 3 header lines are not read \
         ('Camera;XY 7' …). 2 cells are missing (NaN)."
    );
    let found = good("1 2\n\n# pause\n3 4");
    assert!(found.notes.contains("1 line of comment stands among the rows"), "{}", found.notes);
    assert!(found.notes.contains("Blank lines part the rows in 1 place"), "{}", found.notes);
    assert!(found.notes.contains("The last line has no end"), "{}", found.notes);
    let esri = open_one(&data("good").join("esri.asc")).expect("good");
    let notes = esri.info().notes.join(" ");
    assert!(notes.contains("cellsize 30.0") && notes.contains("xllcorner 500000.0"), "{notes}");
    assert!(notes.contains("-9999") && esri.info().pixel_size.is_none(), "{notes}");
    let header = open_one(&data("good").join("camera_latin1.csv")).expect("good").info().notes.join(" ");
    assert!(header.contains("File;Messung 4.irb"), "{header}");
}

#[test]
fn missing_cells_are_nan_and_infinities_stay() {
    for mark in ["nan", "NaN", "NA", "N/A", "null", "---", "#N/A", "\"\"", "", "-1.#IND", "****"] {
        let found = good(&format!("1;2\n{mark};4\n"));
        assert!(found.values[2].is_nan() && found.dtype == DType::F64, "{mark}");
        assert!(found.notes.contains("1 cell is missing"), "{}", found.notes);
    }
    let found = good("inf -Inf\n1 2\n");
    assert_eq!(
        (found.values[0], found.values[1], found.dtype),
        (f64::INFINITY, f64::NEG_INFINITY, DType::F64)
    );
    assert!(!found.notes.contains("missing"), "{}", found.notes);
    // An infinity has no decimal point.
    assert_eq!(good("1,5;inf\n-inf;2,5\n").values[1], f64::INFINITY);
    assert!(good("nan nan\nnan nan\n").values.iter().all(|v| v.is_nan()));
}

#[test]
fn headers_are_told_from_rows() {
    for header in
        ["", "a;b;c\n", "Title\n\n12\n13\nkey;value\n", "one\ntwo;2\nthree;3;x\n", "-----\nx\n-----\n"]
    {
        let found = good(&format!("{header}1;2;3\n4;5;6\n"));
        assert_eq!((found.size, found.dtype), ((2, 3), DType::U8), "{header:?}");
        assert_eq!(found.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
    // Longer than what is looked at first.
    let long = "key: some value in words\n".repeat(6000);
    let found = good(&format!("{long}1 2 3\n4 5 6\n"));
    assert!(found.size == (2, 3) && found.notes.contains("6000 header lines"), "{}", found.notes);
    // A row with a damaged cell is no header.
    assert!(bad("1;2;x3\n4;5;6\n7;8;9\n").contains("line 1, cell 3: 'x3' found"));
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).flat_map(|i| [line(i), "\n".to_owned()]).collect()
}

#[test]
fn commas_that_may_part_thousands_are_refused() {
    for text in [
        "\"1,234\",\"567\"\n\"12,345\",\"890\"\n",
        "\"1,234\",\"5,678\"\n\"12,345\",\"67,890\"\n",
        "\"1,234\",567\n-890,\"12,345\"\n",
        "\"1,234\"\t\"5,678\"\n\"12,345\"\t\"67,890\"\n",
        "1,234 567\n890 12,345\n",
        "1,234\t567\n890\t12,345\n",
    ] {
        let why = bad(text);
        assert!(why.contains("line 1: ") && why.contains("thousands") && why.contains("write"), "{why}");
    }
    // The first column counts rows, beyond 1000 without marks.
    let counted = lines(1200, |y| format!("{y},\"{},{:03}\",\"1,000\"", 1 + y % 7, y % 1000));
    assert!(bad(&format!("row,a,b\n{counted}")).contains("line 2: its comma"));
    for text in ["5,6\n\"1,234,567\",8\n", "5\t6\n1,234,567\t1\n"] {
        assert!(bad(text).contains("marks of thousands"));
    }
    for (text, first) in [
        ("\"1,25\",\"567\"\n\"12,345\",\"890\"\n", 1.25),
        ("\"0,234\",\"567\"\n\"12,345\",\"890\"\n", 0.234),
        ("\"1,234\",\"5670\"\n\"12,345\",\"890\"\n", 1.234),
        ("1,234;567\n890;12,345\n", 1.234),
        ("37,345 36,123\n35,001 34,500\n", 37.345),
        ("37,345 36\n3400 35,001\n", 37.345),
        ("37,345 36\n35 35,001e1\n", 37.345),
        ("1234,500 36\n35 35,001\n", 1234.5),
        // Columns of other kinds, and pixels without a value.
        ("37,345\t36\n35,001\t3\n", 37.345),
        ("37,345\t0\n0\t36,123\n", 37.345),
        ("0\t37,345\n1\t35,001\n", 0.0),
        // A first column that counts is no number without a comma.
        ("row\ta\tb\n0\t1,345\t2,123\n1\t3,345\t4,123\n2\t5,345\t6,123\n3\t7,345\t8,123\n", 1.345),
    ] {
        assert_eq!(good(text).values[0], first, "{text:?}");
    }
}

#[test]
fn single_rows_and_columns_are_pictures() {
    assert_eq!(good("1 2 3").size, (1, 3));
    assert_eq!(good("1\n2\n3\n").size, (3, 1));
    assert_eq!(good("7").size, (1, 1));
}

#[test]
fn types_are_the_smallest_that_hold_all_values() {
    for (text, dtype) in [
        ("0 255\n1 2\n", DType::U8),
        ("0 256\n1 2\n", DType::U16),
        ("-1 256\n1 2\n", DType::I16),
        ("0 65536\n1 2\n", DType::U32),
        ("-1 65536\n1 2\n", DType::I32),
        ("-1 4294967295\n1 2\n", DType::F64),
        ("9007199254740992 1\n1 2\n", DType::F64),
        ("1.0 2e0\n3 4\n", DType::U8),
        ("1.5 2\n3 4\n", DType::F64),
        ("1 nan\n3 4\n", DType::F64),
    ] {
        assert_eq!(good(text).dtype, dtype, "{text}");
    }
    assert!(bad("9007199254740993 1\n1 2\n").contains("line 1, cell 1: '9007199254740993'"));
}

#[test]
fn a_series_has_one_type_for_all_files() {
    let dir = folder(&[("f1.csv", "1,2\n3,4\n"), ("f2.csv", "1,-2\n3,4\n"), ("f3.csv", "1,40000\n3,4\n")]);
    let source = open_one(dir.path()).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.dtype, info.container_bits, info.faults.len()), (3, DType::I32, 32, 0));
    assert_eq!(values(&*source, 2), [1.0, 40_000.0, 3.0, 4.0]);
    assert_eq!(info.format, "text grids");
    let dir = folder(&[("f1.csv", "1,2\n3,4\n"), ("f2.csv", "1,\n3,4\n"), ("f3.csv", "1,2.5\n,4\n")]);
    let source = open_one(dir.path()).expect("opened");
    assert_eq!((source.info().dtype, source.info().faults.len()), (DType::F64, 0));
    assert!(source.info().notes.iter().any(|n| n.contains("2 cells are missing (NaN) in the 3 texts")));
}

#[test]
fn long_series_are_read_a_step_wider_than_a_sample() {
    // More than 64 MiB, mostly of blanks.
    let dir = tempfile::tempdir().expect("folder");
    let padding = " ".repeat(1 << 20);
    for i in 0..70 {
        let odd = match i {
            5 => "4000".to_owned(),
            6 => "70000".to_owned(),
            7 => "1.5".to_owned(),
            8 => "nan".to_owned(),
            _ => i.to_string(),
        };
        std::fs::write(dir.path().join(format!("f{i:02}.txt")), format!("1 2{padding}\n3 {odd}\n"))
            .expect("written");
    }
    let source = open_one(dir.path()).expect("opened");
    assert_eq!((source.info().frames, source.info().dtype), (70, DType::U16));
    assert!(source.info().notes.iter().any(|n| n.contains("16 of 70 texts")), "{:?}", source.info().notes);
    assert_eq!(values(&*source, 5)[3], 4000.0);
    for (frame, word) in [(6, "70000"), (7, "1.5"), (8, "missing value")] {
        let fault = decode(&*source, frame).expect_err("does not fit");
        assert!(fault.reason.contains(word) && fault.reason.contains("fewer at once"), "{fault}");
        assert!(fault.to_string().contains(&format!("f{frame:02}.txt")), "{fault}");
    }
}

#[test]
fn a_series_of_many_texts_is_read_a_step_wider_than_a_sample() {
    let dir = tempfile::tempdir().expect("folder");
    for i in 0..4097 {
        std::fs::write(dir.path().join(format!("f{i:04}.txt")), format!("1 2\n3 {}\n", i % 200))
            .expect("written");
    }
    let source = open_one(dir.path()).expect("opened");
    assert_eq!((source.info().frames, source.info().dtype), (4097, DType::U16));
    assert!(source.info().notes.iter().any(|n| n.contains("16 of 4097 texts")), "{:?}", source.info().notes);
}

/// What a sample holds that takes 64 bits tells the type, and cut ends.
#[test]
fn long_series_of_decimals_are_told_by_a_sample() {
    let dir = tempfile::tempdir().expect("folder");
    for i in 0..40 {
        let end = if i == 5 { "" } else { "\n" };
        std::fs::write(dir.path().join(format!("f{i:02}.txt")), format!("1 nan\n3 {i}.25{end}"))
            .expect("written");
    }
    let source = open_one(dir.path()).expect("opened");
    let notes = source.info().notes.join(" ");
    assert_eq!(source.info().dtype, DType::F64);
    assert!(notes.contains("16 cells are missing (NaN) in the 16 texts looked at."), "{notes}");
    assert!(!notes.contains("follows from"), "{notes}");
    assert_eq!(values(&*source, 7)[3], 7.25);
    assert!(decode(&*source, 5).expect_err("cut").reason.contains("breaks off"));
}

/// Files change and come while a series is open: its type was found before.
#[test]
fn values_that_come_later_fail_with_what_helps() {
    let dir = folder(&[("f1.csv", "1,2\n3,4\n"), ("f2.csv", "1,2\n3,4\n"), ("f3.csv", "1,2\n3,4\n")]);
    let source = open_one(dir.path()).expect("opened");
    std::fs::write(dir.path().join("f2.csv"), "1,2\n3,300\n").expect("written");
    std::fs::write(dir.path().join("f4.csv"), "1,2\n3,-1\n").expect("written");
    assert_eq!(source.growing().expect("a folder").look().expect("listed").frames, 4);
    for (frame, value) in [(1, "300"), (3, "-1")] {
        let fault = decode(&*source, frame).expect_err("does not fit").reason;
        assert!(fault.contains(value) && fault.contains("when it was opened; open it again"), "{fault}");
        assert!(!fault.contains("by a sample"), "{fault}");
    }
}

/// Values are doubles while a text is read: so much memory is what the limit is for.
#[test]
fn limits_are_those_of_doubles() {
    let opened = |path: &Path, max_frame_bytes: u64| {
        let options = OpenOptions { max_frame_bytes, ..OpenOptions::default() };
        open(&[path.to_path_buf()], &options)
    };
    let text = lines(10, |_| "1 2 3 4 5 6 7 8 9 0".to_owned());
    let dir = folder(&[("a.asc", &text)]);
    let path = dir.path().join("a.asc");
    assert!(opened(&path, 800).is_ok());
    let why = opened(&path, 799).expect_err("too large").to_string();
    assert!(why.contains("line 10") && why.contains("limit") && why.contains("--max-ram"), "{why}");
    // What is above it is not read for the type, either.
    let small = "1 2\n3 4\n";
    let long = format!("1 2{}\n3 300\n", " ".repeat(30_000));
    let dir = folder(&[("f1.asc", small), ("f2.asc", &long), ("f3.asc", small)]);
    let source = opened(dir.path(), 800).expect("opened");
    assert_eq!((source.info().dtype, source.info().faults.len()), (DType::U8, 1));
}

#[test]
fn odd_files_of_a_series_fail_by_name() {
    let row = "1 2 3\n4 5 6\n";
    let dir = folder(&[
        ("f1.dat", "1 2\n3 4\n"),
        ("f2.dat", row),
        ("f3.dat", row),
        ("f4.dat", "1 2 3\n4 5\n"),
        ("f5.dat", row),
        ("f6.dat", "1 2 3\n4 5 66"),
        ("f7.dat", row),
    ]);
    let source = open_one(dir.path()).expect("opened");
    let info = source.info();
    assert_eq!((info.frames, info.frame.height, info.frame.width), (7, 2, 3));
    let faults: Vec<String> = info.faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("f1.dat") && faults[0].contains("2 × 2"), "{faults:?}");
    assert!(
        faults[1].contains("f4.dat") && faults[1].contains("line 2, its last, has 2 cells"),
        "{faults:?}"
    );
    let cut = decode(&*source, 5).expect_err("cut within its last number").to_string();
    assert!(cut.contains("f6.dat") && cut.contains("breaks off"), "{cut}");
}

/// No cut of a text is read as something else without a word, and none panics.
#[test]
fn cuts_of_a_series_fail() {
    for text in [
        "10;2,5;37\n41;50;nan\n70;-8;9,5\n",
        "ncols 2\nnrows 2\ncellsize 1\n10 20\n30 40\n",
        "a,b\n1,2\n3,4\n",
    ] {
        for cut in 0..text.len() {
            let dir =
                folder(&[("f1.asc", text), ("f2.asc", text), ("f3.asc", text), ("f4.asc", &text[..cut])]);
            let source = open_one(dir.path()).expect("opened");
            assert_eq!(source.info().frames, 4);
            assert!(decode(&*source, 2).is_ok());
            assert!(decode(&*source, 3).is_err(), "{:?}", &text[..cut]);
        }
    }
}

/// Where too few files have an end to tell, a note says that a last number may be cut.
#[test]
fn series_without_ends_say_so() {
    let open = "1 2\n3 45";
    for (files, noted) in
        [([open, open, open, "1 2\n3 4"], "4 of 4"), ([open, "1 2\n3 45\n", open, "1 2\n3 45\n"], "2 of 4")]
    {
        let names = ["f1.txt", "f2.txt", "f3.txt", "f4.txt"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(files).collect();
        let dir = folder(&files);
        let source = open_one(dir.path()).expect("opened");
        assert!((0..4).all(|frame| decode(&*source, frame).is_ok()));
        let notes = source.info().notes.join(" ");
        assert!(notes.contains("last line") && notes.contains("has no end"), "{notes}");
        assert!(notes.contains(noted), "{notes}");
    }
    let ended = "1 2\n3 45\n";
    let dir = folder(&[("f1.txt", ended), ("f2.txt", ended), ("f3.txt", ended), ("f4.txt", ended)]);
    let notes = open_one(dir.path()).expect("opened").info().notes.join(" ");
    assert!(!notes.contains("no end"), "{notes}");
}

/// Alone, a text that ends within a line is refused or says that its last line has no end.
#[test]
fn cuts_of_one_file_are_named() {
    let text = "10;2,5;37\n41;50;nan\n70;-8;9,5\n";
    for cut in 0..text.len() {
        let part = &text[..cut];
        match read(part) {
            Ok(found) if part.ends_with('\n') => assert!(!found.notes.contains("no end"), "{part:?}"),
            Ok(found) => {
                assert!(found.notes.contains("The last line has no end"), "{part:?}: {}", found.notes);
            }
            Err(why) => assert!(why.contains("frame.txt"), "{why}"),
        }
    }
}

#[test]
fn lines_of_other_lengths_are_named() {
    let why = bad("1 2 3\n4 5\n6 7 8\n9 9\n1 1 1\n");
    assert!(why.contains("line 2 has 2 cells, 3 expected") && why.contains("2 of 5 lines differ"), "{why}");
    // The first line may be the odd one.
    let why = bad("1 2 3 4\n4 5 6\n6 7 8\n");
    assert!(why.contains("line 1 has 4 cells, 3 expected"), "{why}");
    let why = bad("ncols 3\nnrows 3\n1 2 3\n4 5 6\n");
    assert!(why.contains("nrows 3") && why.contains("3 columns and 2 rows"), "{why}");
}

#[test]
fn what_is_no_text_is_refused_with_what_reads_it() {
    for bytes in [&[0_u8, 1, 2, 3, 4, 5][..], &[200, 201, 7, 220]] {
        let why = read(bytes).err().expect("refused");
        assert!(why.contains("no text") && why.contains("--raw 640x480:u16le"), "{why}");
    }
    let why = read([200_u8, 201, 220, 230]).err().expect("refused");
    assert!(why.contains("no line of numbers") && why.contains("--raw"), "{why}");
}

fn picture(folder: &Path, name: &str) {
    std::fs::copy(data("good").join("grey16.png"), folder.join(name)).expect("copied");
}

fn opened(folder: &Path) -> (usize, String, Vec<String>) {
    let source = open_one(folder).unwrap_or_else(|e| panic!("{e}"));
    let info = source.info();
    (info.frames, info.format.to_string(), info.notes.clone())
}

#[test]
fn texts_beside_pictures_stay_beside_them() {
    let curve = "frame,mean\n0,1.5\n1,2.5\n2,3.5\n";
    let dir = folder(&[("notes.txt", "words\n"), ("curve.csv", curve)]);
    picture(dir.path(), "a1.png");
    for more in [None, Some("a2.png")] {
        if let Some(name) = more {
            picture(dir.path(), name);
        }
        let (frames, format, notes) = opened(dir.path());
        assert_eq!((frames, format.as_str()), (1 + usize::from(more.is_some()), "PNG files"));
        assert!(notes.iter().any(|n| n.contains("1 .csv file and 1 .txt file")), "{notes:?}");
    }
    let groups = list(dir.path()).expect("listed").groups;
    let loadable: Vec<(&str, bool)> = groups.iter().map(|g| (g.suffix.as_str(), g.loadable)).collect();
    assert_eq!(loadable, [("png", true), ("csv", false), ("txt", false)]);
    // Who asks for it gets it.
    let wanted = OpenOptions { group: Some("csv".to_owned()), ..OpenOptions::default() };
    let source = open(&[dir.path().to_path_buf()], &wanted).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!((source.info().frames, source.info().frame.width), (1, 2));
    let wanted = OpenOptions { group: Some("txt".to_owned()), ..OpenOptions::default() };
    assert!(open(&[dir.path().to_path_buf()], &wanted).is_err());
}

#[test]
fn series_of_texts_are_offered_and_never_win_but_over_a_single_picture() {
    let matrix = "1 2\n3 4\n";
    let names: Vec<String> = (0..5).map(|i| format!("t{i}.txt")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), matrix)).collect();
    let dir = folder(&files);
    std::fs::write(dir.path().join("readme.txt"), "what this is\n").expect("written");
    let (frames, format, notes) = opened(dir.path());
    assert_eq!((frames, format.as_str()), (5, "text grids"));
    assert!(notes.iter().any(|n| n.contains("also holds 1 file")), "{notes:?}");
    picture(dir.path(), "preview.png");
    assert_eq!(opened(dir.path()).1, "text grids");
    picture(dir.path(), "preview2.png");
    picture(dir.path(), "preview3.png");
    let (frames, format, notes) = opened(dir.path());
    assert_eq!((frames, format.as_str()), (2, "PNG files"));
    assert!(notes.iter().any(|n| n.contains("5 files t#.txt") && n.contains("--group")), "{notes:?}");
    // A single array is a recording.
    let dir = folder(&files);
    std::fs::copy(data("good").join("uint8_le.npy"), dir.path().join("a.npy")).expect("copied");
    assert_eq!(opened(dir.path()).1, "NumPy array");
}

#[test]
fn texts_that_are_no_matrices_are_no_recording() {
    let dir = folder(&[("a.txt", "words and\nwords\n"), ("b.csv", "x\n"), ("c.dat", "1 2 3\n")]);
    let error = open_one(dir.path()).expect_err("nothing to read");
    assert!(matches!(error, OpenError::UnknownSuffix { .. }), "{error}");
    assert!(error.to_string().contains("matrix of numbers"), "{error}");
    // What always is one is tried, and says what is wrong.
    let dir = folder(&[("a.asc", "words and\nwords\n")]);
    assert!(open_one(dir.path()).expect_err("no matrix").to_string().contains("no line of numbers"));
    // One that is damaged in few places looks like a matrix and says what is wrong.
    let dir = folder(&[("a.txt", "1 2\n3 4\n5\n6 7\n")]);
    assert!(open_one(dir.path()).expect_err("ragged").to_string().contains("line 3 has 1 cell"));
    let files: Vec<PathBuf> = vec![dir.path().join("a.txt"), data("good").join("grey16.png")];
    assert!(matches!(open(&files, &OpenOptions::default()), Err(OpenError::Mixed { .. })));
}

#[test]
fn rows_are_those_of_the_frame() {
    let dir = folder(&[("a.asc", "1 2\n3 4\n5 6\n")]);
    let source = open_one(dir.path()).expect("opened");
    let mut out = [0_u8; 4];
    source.decode_rows(0, 1..3, SamplesMut::U8(&mut out)).expect("rows");
    assert_eq!(out, [3, 4, 5, 6]);
}
