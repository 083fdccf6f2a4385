//! Steps as text, in words, and within recordings.

use std::collections::BTreeSet;

use blitz_core::FrameShape;

use super::*;

#[test]
fn steps_read_back() {
    for text in [
        "subtract mean:0:100",
        "subtract mean:,amount=0.5",
        "subtract window:mean,50,lag=2,forward,amount=0.5",
        "subtract window:median,5,centred",
        "divide file:flat.tif,normalised",
        "divide file:a\\,b.tif,method=median,amount=0.25,normalised,smallest=0.5,fill=1",
        "off divide p95:5:",
        "flat flats/,dark=darks/,gain",
        "flat mean:0:10,dark=d.npy,flat-dark=fd.npy,smallest=1",
        "relative mean:0:20",
        "smooth-time gaussian,2",
        "smooth box,3",
        "smooth median,5",
        "limits 10:4000",
        "limits :0.5",
        "rescale 10:4000",
        "rescale -5:4000,to=0:255,clip",
        "zone A",
        "mask m.png",
    ] {
        let step: Step = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(step.to_string(), text);
        assert_eq!(step.to_string().parse(), Ok(step));
    }
}

#[test]
fn nonsense_is_refused_with_what_is_expected() {
    for (text, expected) in [
        ("sharpen 3", "a step such as"),
        ("subtract", "a step such as"),
        ("subtract mode:0:5", "a reference"),
        ("subtract mean:9:3", "A < B"),
        ("subtract mean:0:5,amount=2", "0 to 1"),
        ("subtract mean:0:5,loudly", "an option of this step"),
        ("subtract window:mean", "window length"),
        ("subtract window:mean,4,centred", "odd length"),
        ("subtract window:mean,4,forward,centred", "one direction"),
        ("divide file:", "a reference"),
        ("divide mean:,smallest=-1", "at least 0"),
        ("smooth box,4", "odd"),
        ("smooth gaussian,0", "above 0"),
        ("limits 5:5", "LO < HI"),
        ("limits :", "LO < HI"),
        ("mask ", "a picture file"),
        ("rescale 5:", "LO < HI"),
        ("rescale 0:1,to=3:2", "A < B"),
        ("rescale -1e308:1e308", "LO < HI"),
    ] {
        let error = text.parse::<Step>().expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error} lacks {expected}");
    }
}

#[test]
fn steps_in_words() {
    for (text, title, words) in [
        ("subtract mean:0:100", "Subtract", "mean of 0–99 (100 frames)"),
        ("subtract mean:,amount=0.505", "Subtract", "mean of all frames, 50.5 %"),
        ("subtract window:p95,50,lag=2,forward", "Subtract", "95 % percentile of the 50 frames after, lag 2"),
        ("divide window:median,5,centred", "Divide", "median of 5 frames around"),
        (
            "divide file:x/flat.tif,method=median,normalised,smallest=0.5,fill=1",
            "Divide",
            "median of flat.tif, made to mean 1, divisor from 0.5, else 1",
        ),
        ("flat flats/,dark=darks,gain", "Flat field", "flats, dark darks, scale kept"),
        ("relative min:5:6", "Relative change", "to min of 5–5 (1 frame)"),
        ("smooth-time gaussian,2", "Smooth over time", "Gaussian, σ 2 frames"),
        ("smooth box,3", "Smooth in space", "mean of 3 × 3 pixels"),
        ("limits -5:4000", "Limits", "-5 to 4000"),
        ("limits :0.5", "Limits", "up to 0.5"),
        ("rescale 10:4000,to=0:255,clip", "Clip and rescale", "10 to 4000 becomes 0 to 255, clipped"),
        ("zone A", "Zone mask", "only zone A"),
        ("mask a/m.png", "Mask file", "m.png"),
    ] {
        let step: Step = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!((step.kind.title(), step.kind.describe(180).as_str()), (title, words), "{text}");
    }
}

#[test]
fn filters_and_windows_fit_the_recording() {
    let within = Within { frame: FrameShape::new(40, 60, 1), timeline: 12 };
    let fault = |text: &str| text.parse::<Step>().expect(text).kind.fault(within);
    for good in [
        "smooth box,61",
        "smooth median,61",
        "smooth gaussian,60",
        "smooth-time box,11",
        "smooth-time median,11",
        "smooth-time gaussian,12",
        "subtract window:mean,11",
        "subtract window:mean,3,lag=8,forward",
        "limits 0:1",
    ] {
        assert_eq!(fault(good), None, "{good}");
    }
    for (bad, words) in [
        ("smooth box,63", "size 63 found, an odd number from 1 to 61 expected: the image has 60 × 40 pixels"),
        ("smooth median,99999999999", "size 99999999999 found, an odd number from 1 to 61 expected"),
        ("smooth gaussian,61", "sigma 61 found, a number above 0 up to 60 expected"),
        (
            "smooth-time box,13",
            "size 13 found, an odd number from 1 to 11 expected: the timeline has 12 frames",
        ),
        ("smooth-time gaussian,500", "sigma 500 found, a number above 0 up to 12 expected"),
        ("subtract window:mean,12", "whole window of 12 frames: the timeline has 12"),
        ("divide window:mean,1,lag=18446744073709551615", "lag of 18446744073709551615"),
    ] {
        let found = fault(bad).expect(bad);
        assert!(found.contains(words), "{bad}: {found}");
    }
}

#[test]
fn every_step_is_described_whole_and_told_apart() {
    let all = StepKind::all();
    let names: BTreeSet<&str> = all.iter().map(|kind| kind.about().name).collect();
    let flags: BTreeSet<&str> = all.iter().map(|kind| kind.about().flag).collect();
    let titles: BTreeSet<&str> = all.iter().map(|kind| kind.about().title).collect();
    assert_eq!([names.len(), flags.len(), titles.len()], [all.len(); 3]);
    let groups: Vec<Group> = all.iter().map(|kind| kind.about().group).collect();
    assert_eq!(groups.chunk_by(|a, b| a == b).count(), 3, "groups stand together");
    for mut kind in all {
        let About { name, value, help, hint, .. } = kind.about();
        assert!([name, value, help, hint].iter().all(|text| !text.is_empty()), "{name}");
        let keys: Vec<&str> = kind.fields().iter().map(|field| field.key).collect();
        let told = keys.iter().collect::<BTreeSet<_>>().len();
        assert_eq!((keys[0], told), ("", keys.len()), "{name}: one parameter in front, the others by key");
    }
}

#[test]
fn what_a_step_depends_on_is_read_from_its_parameters() {
    let kind = |text: &str| text.parse::<Step>().expect(text).kind;
    let flat = kind("flat a.npy,dark=mean:0:3,flat-dark=b.npy");
    assert_eq!(flat.files(), [PathBuf::from("a.npy"), PathBuf::from("b.npy")]);
    assert!(flat.rests_on_other_frames() && flat.zones().is_empty());
    assert_eq!(kind("mask m.png").files(), [PathBuf::from("m.png")]);
    let mut zone = kind("zone A");
    zone.rename_zone("A", "jet");
    assert_eq!(zone.zones(), ["jet"]);
    for (text, around, rests) in [
        ("subtract window:mean,7,lag=2", 7, true),
        ("smooth-time median,5", 5, true),
        ("smooth-time gaussian,5", 0, true),
        ("smooth box,5", 0, false),
        ("divide file:a.npy", 0, false),
        ("relative mean:", 0, true),
        ("limits 1:2", 0, false),
    ] {
        let kind = kind(text);
        assert_eq!((kind.frames_around(), kind.rests_on_other_frames()), (around, rests), "{text}");
    }
    assert_eq!(kind("subtract mean:,amount=0.5").outline(), "subtract mean:");
    let mut divide = kind("divide median:0:9,amount=0.5");
    divide.set_file(0, "f.tif".into());
    divide.reference_chosen();
    assert_eq!(divide.arguments(), "file:f.tif,method=median");
}
