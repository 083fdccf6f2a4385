//! What descriptions say of pages, and what is believed of it.

use blitz_core::{Rational, TimeAxis};
use blitz_io::{Axes, OpenOptions};

use super::build::{Page, Value, build};
use super::{frames, opened, opened_bytes, opened_with, says};

fn pages(n: usize, description: &'static str) -> Vec<Page> {
    let page = |i: usize| Page::new(3, 2, 8, 1, vec![i as u8; 6]);
    let mut pages: Vec<Page> = (0..n).map(page).collect();
    pages[0] = pages[0].clone().with(270, Value::Text(description));
    pages
}

/// First samples of the frames.
fn order(pages: &[Page], options: &OpenOptions) -> Vec<f64> {
    let source = opened_with(pages, options).unwrap_or_else(|e| panic!("{e}"));
    frames(&*source).into_iter().map(|frame| frame.map_or(-1.0, |frame| frame[0])).collect()
}

#[test]
fn pages_follow_the_axes_of_the_description() {
    let all = OpenOptions { axes: Some(Axes::parse("THW").expect("axes")), ..OpenOptions::default() };
    let none = OpenOptions::default();
    for (text, n, expected, words) in [
        ("ImageJ=1.54f\nimages=3\nslices=3\n", 3, vec![0.0, 1.0, 2.0], "Slices read as time"),
        ("ImageJ=1.54f\nimages=3\nchannels=3\n", 3, vec![0.0, 1.0, 2.0], "Channels read as time"),
        ("ImageJ=1.54f\nimages=3\nframes=3\n", 3, vec![0.0, 1.0, 2.0], ""),
        (
            "ImageJ=1.54f\nimages=6\nchannels=2\nframes=3\nhyperstack=true\n",
            6,
            vec![0.0, 2.0, 4.0],
            "the first of 2 channels (C) is shown",
        ),
        (
            r#"{"shape": [2, 3, 2, 3], "axes": "CTYX"}"#,
            6,
            vec![0.0, 1.0, 2.0],
            "the first of 2 channels (C) is shown",
        ),
        (r#"{"shape": [3, 2, 2, 3], "axes": "ZCYX"}"#, 6, vec![0.0, 2.0, 4.0], "slices (Z), read as time"),
        (r#"{"shape": [6, 2, 3]}"#, 6, (0..6).map(f64::from).collect(), ""),
        (
            r#"<OME><Pixels DimensionOrder="XYTZC" SizeC="2" SizeT="3" SizeZ="1"/></OME>"#,
            6,
            vec![0.0, 1.0, 2.0],
            "the first of 2 channels (C) is shown",
        ),
        (
            r#"<OME><Pixels DimensionOrder="XYCZT" SizeC="2" SizeT="3" SizeZ="4"/></OME>"#,
            5,
            (0..5).map(f64::from).collect(),
            "the file has 5 pages",
        ),
    ] {
        let list = pages(n, text);
        assert_eq!(order(&list, &none), expected, "{text}");
        assert!(words.is_empty() || says(&*opened(&list), words), "{text}: {:?}", opened(&list).info().notes);
        assert!(
            !words.is_empty() || opened(&list).info().notes.is_empty(),
            "{text}: {:?}",
            opened(&list).info().notes
        );
        assert_eq!(order(&list, &all), (0..n).map(|i| i as f64).collect::<Vec<_>>(), "{text}, every page");
    }
}

#[test]
fn images_are_believed_where_their_bytes_are() {
    const TEXT: &str = "ImageJ=1.54f\nimages=4\nframes=4\n";
    let one = |directory_first| {
        let page = Page::new(3, 2, 8, 1, vec![0; 6]).with(270, Value::Text(TEXT));
        build(&[Page { directory_first, ..page }], false).bytes
    };
    let rest: Vec<u8> = (1..4_u8).flat_map(|i| [i; 6]).collect();
    let read = |bytes: &[u8]| opened_bytes(bytes, &OpenOptions::default()).expect("read");
    // As ImageJ writes large stacks: the images stand behind the directory.
    let whole = read(&[one(true), rest.clone()].concat());
    let first: Vec<_> = frames(&*whole).into_iter().map(|frame| frame.expect("whole")[0]).collect();
    assert_eq!(first, [0.0, 1.0, 2.0, 3.0]);
    // Cut within the third.
    let cut = read(&[one(true), rest[..8].to_vec()].concat());
    let found = frames(&*cut);
    assert_eq!((found.len(), cut.info().faults.len()), (4, 2));
    assert!(found[1].is_ok() && found[2].as_ref().is_err_and(|reason| reason.contains("cut short")));
    assert!(cut.info().faults[0].reason.contains("2 of 4 images"), "{}", cut.info().faults[0]);
    assert!(says(&*cut, "breaks off after 2 frames"), "{:?}", cut.info().notes);
    // A page that was cut out of a stack keeps its description: what follows is the directory, no image.
    for bytes in [one(false), one(true), [one(false), vec![0; 600]].concat()] {
        let source = read(&bytes);
        assert_eq!(source.info().frames, 1);
        assert!(source.info().faults.is_empty() && says(&*source, "speaks of 4 images, the file holds one"));
        assert_eq!(super::only(&*source), [0.0; 6]);
    }
}

#[test]
fn a_list_of_pages_that_breaks_off_is_as_long_as_its_description() {
    let mut built = build(&pages(3, "ImageJ=1.54f\nimages=5\nframes=5\n"), false);
    let at = built.links[3];
    built.bytes[at..at + 4].copy_from_slice(&[255, 255, 255, 127]);
    let source = opened_bytes(&built.bytes, &OpenOptions::default()).expect("read");
    assert_eq!((source.info().frames, source.info().faults.len()), (5, 2));
    let found = frames(&*source);
    assert!(
        found[2].is_ok() && found[3].as_ref().is_err_and(|reason| reason.contains("breaks off")),
        "{found:?}"
    );
}

#[test]
fn sizes_and_times_are_read() {
    let with = |text: &'static str, x: (u32, u32), y: (u32, u32), unit: Option<u16>| {
        let mut list = pages(2, text);
        let mut first =
            list[0].clone().with(282, Value::Fraction(x.0, x.1)).with(283, Value::Fraction(y.0, y.1));
        if let Some(unit) = unit {
            first = first.short(296, unit);
        }
        list[0] = first;
        opened(&list)
    };
    let size =
        |text, x, unit| with(text, x, x, unit).info().pixel_size.map(|size| format!("{:.4e}", size.metres));
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(size("", (20_000, 1), Some(3)), some("5.0000e-7"), "per cm");
    assert_eq!(size("", (25_400, 1), Some(2)), some("1.0000e-6"), "per inch");
    assert_eq!(size("", (5, 1), Some(1)), None, "no unit");
    assert_eq!(size("", (5, 1), None), None, "no unit given");
    assert_eq!(size("", (72, 1), Some(2)), None, "what every program writes");
    assert_eq!(size("", (0, 1), Some(3)), None);
    assert_eq!(size("", (1, 0), Some(3)), None);
    assert_eq!(size("ImageJ=1.54f\nimages=2\nframes=2\nunit=micron\n", (2, 1), Some(1)), some("5.0000e-7"));
    assert_eq!(size("ImageJ=1.54f\nimages=2\nframes=2\nunit=\\u00B5m\n", (2, 1), Some(1)), some("5.0000e-7"));
    assert_eq!(size("ImageJ=1.54f\nimages=2\nframes=2\nunit=pixel\n", (2, 1), Some(2)), None);
    let ome =
        r#"<OME><Pixels SizeT="2" PhysicalSizeX="0.25" PhysicalSizeXUnit="mm" TimeIncrement="0.04"/></OME>"#;
    assert_eq!(size(ome, (1, 1), Some(1)), some("2.5000e-4"));
    // Each file of a series states it; the first one is asked.
    let dir = tempfile::tempdir().expect("temporary folder");
    for name in ["f0.tif", "f1.tif"] {
        let page = Page::new(3, 2, 8, 1, vec![0; 6]).with(282, Value::Fraction(20_000, 1)).short(296, 3);
        std::fs::write(dir.path().join(name), build(&[page], false).bytes).expect("written");
    }
    let series = super::common::open_one(dir.path()).expect("read");
    assert_eq!(series.info().pixel_size.map(|size| size.metres), Some(5e-7));
    let oblong = with("", (20_000, 1), (10_000, 1), Some(3));
    assert!(says(&*oblong, "500 nm wide and 1 µm high"), "{:?}", oblong.info().notes);
    let interval = |text| match opened(&pages(2, text)).info().time {
        TimeAxis::Interval { dt, .. } => Some(dt),
        _ => None,
    };
    assert_eq!(interval(ome), Rational::new(1, 25));
    assert_eq!(
        interval("ImageJ=1.54f\nimages=2\nframes=2\nfinterval=250.0\ntunit=ms\n"),
        Rational::new(1, 4)
    );
}
