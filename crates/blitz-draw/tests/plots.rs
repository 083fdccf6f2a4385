//! Plots: content of the SVG, unusual data, pictures.

use blitz_draw::{Axis, Plot, RightAxis, Series, Theme};
use proptest::prelude::*;

fn wave(count: usize) -> Vec<[f64; 2]> {
    (0..count).map(|i| [i as f64, 300.0 + (i as f64 * 0.1).sin()]).collect()
}

#[test]
fn names_and_titles_are_in_the_svg_escaped() {
    let plot = Plot {
        title: "a & b".to_owned(),
        x: Axis::new("time / s"),
        y: Axis::new("\"value\" / K"),
        series: vec![Series::new("zone <1>", wave(100)), Series::new("µ ± σ", wave(50))],
        ..Plot::default()
    };
    let svg = plot.to_svg();
    for text in ["a &amp; b", "time / s", "&quot;value&quot; / K", "zone &lt;1&gt;", "µ ± σ"] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text}");
    }
    assert!(svg.starts_with("<?xml") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("width=\"1200\" height=\"500\""));
    assert_eq!(svg.matches("<polyline").count(), svg.matches("/>").count() - svg.matches("<rect").count());
}

#[test]
fn a_gap_interrupts_the_curve_and_a_lone_point_is_a_dot() {
    let mut points = wave(30);
    points[10][1] = f64::NAN;
    points[12][1] = f64::INFINITY;
    let plot = |points| Plot { series: vec![Series::new("s", points)], ..Plot::default() };
    let lines = |svg: &str| svg.matches("stroke-linecap=\"round\"").count();
    let whole = plot(wave(30)).to_svg();
    assert_eq!((lines(&whole), whole.matches("<circle").count()), (1, 0));
    let cut = plot(points).to_svg();
    assert_eq!((lines(&cut), cut.matches("<circle").count()), (2, 1));
}

#[test]
fn axes_at_the_right_have_scales_and_colours_of_their_own() {
    let beside = |name: &str, scale: f64, color| RightAxis {
        axis: Axis::new(name),
        series: vec![Series {
            color,
            ..Series::new(name, wave(40).iter().map(|&[x, y]| [x, y * scale]).collect())
        }],
    };
    let series = vec![Series::new("zone", wave(40))];
    let alone = Plot { series: series.clone(), ..Plot::default() };
    let right = vec![beside("U (V)", 1e-3, Some([1, 2, 3])), beside("p (bar)", 10.0, None)];
    let plot = Plot { right, ..alone.clone() };
    let svg = plot.to_svg();
    for text in ["zone", "U (V)", "p (bar)", "300.0", "0.3000", "3000"] {
        assert!(svg.contains(&format!(">{text}</text>")), "{text} is not in {svg}");
    }
    assert!(svg.contains("#010203"), "its colour");
    // All curves have one time: those at the right lie over each other, since their scales fit them alike.
    let lines = |svg: &str| {
        let lines = svg.lines().filter(|line| line.contains("stroke-linecap=\"round\""));
        lines
            .map(|line| {
                line.split("points=\"").nth(1).unwrap_or("").split('"').next().unwrap_or("").to_owned()
            })
            .collect::<Vec<_>>()
    };
    let found = lines(&svg);
    assert_eq!((found.len(), &found[1]), (3, &found[2]));
    assert_ne!(lines(&alone.to_svg())[0], found[0], "the plot gives them room");
    // Narrow, empty or without a value, it is drawn all the same.
    let empty = Plot { width: 160, right: vec![RightAxis::default(), beside("x", f64::NAN, None)], ..alone };
    assert!(empty.to_image(1.0).is_ok() && empty.to_svg().contains("</svg>"));
}

#[test]
fn a_band_is_drawn_behind_the_curves() {
    let band = wave(40).iter().map(|&[x, y]| [x, y - 1.0, y + 2.0]).collect();
    let series =
        vec![Series { band, ..Series::new("with band", wave(40)) }, Series::new("without", wave(40))];
    let svg = Plot { series, ..Plot::default() }.to_svg();
    assert_eq!(svg.matches("<polygon").count(), 1);
    let first_curve = svg.find("stroke-linecap=\"round\"").expect("a curve");
    assert!(svg.find("<polygon").expect("a band") < first_curve);
}

#[test]
fn unusual_data_does_not_panic() {
    let nan = f64::NAN;
    let cases: Vec<Vec<[f64; 2]>> = vec![
        vec![],
        vec![[3.0, 4.0]],
        vec![[nan, nan]; 5],
        vec![[0.0, f64::INFINITY], [1.0, f64::NEG_INFINITY]],
        vec![[0.0, 7.0], [1.0, 7.0]],
        vec![[f64::MIN, f64::MIN], [f64::MAX, f64::MAX]],
        vec![[0.0, 5e-324], [5e-324, 1e-323]],
        vec![[1e15, 1e15], [1e15 + 1.0, 1e15 + 0.125]],
        vec![[5.0, 1.0], [3.0, 2.0], [5.0, 3.0]],
    ];
    for points in cases {
        for (width, height) in [(1200, 500), (160, 120), (0, 0)] {
            let band = points.iter().map(|&[x, y]| [x, y, y]).collect();
            let series = vec![Series { band, ..Series::new("s", points.clone()) }];
            let plot = Plot { series, width, height, theme: Theme::Dark, ..Plot::default() };
            let svg = plot.to_svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{points:?}");
            let image = plot.to_image(1.0).expect("small");
            assert_eq!((image.width, image.height), (width.max(160) as usize, height.max(120) as usize));
        }
    }
    let empty = Plot::default().to_svg();
    assert!(empty.contains(">0.5</text>"), "axes without data");
}

#[test]
fn long_curves_stay_small_files() {
    let plot = Plot { series: vec![Series::new("s", wave(300_000))], ..Plot::default() };
    let bytes = plot.to_svg().len();
    assert!(bytes < 400_000, "{bytes}");
}

#[test]
fn a_given_range_is_kept_and_cuts_the_curves() {
    let y = Axis { range: Some([310.0, 290.0]), ..Axis::new("value") };
    let x = Axis { range: Some([0.0, 20.0]), whole: true, ..Axis::new("frame") };
    let svg = Plot { x, y, series: vec![Series::new("s", wave(500))], ..Plot::default() }.to_svg();
    assert!(svg.contains(">290</text>") && svg.contains(">310</text>") && svg.contains(">20</text>"));
    assert!(!svg.contains(">22</text>") && svg.contains("clip-path=\"url(#plot-area)\""));
}

#[test]
fn pictures_have_the_theme_and_the_scale() {
    for theme in [Theme::Light, Theme::Dark] {
        let color = [250, 10, 200];
        let series = vec![Series { color: Some(color), ..Series::new("", vec![[0.0, 0.0], [1.0, 0.0]]) }];
        let plot = Plot { series, theme, width: 300, height: 200, ..Plot::default() };
        for (scale, width) in [(1.0, 300), (2.0, 600), (f32::NAN, 300), (-1.0, 300)] {
            let image = plot.to_image(scale).expect("small");
            assert_eq!(image.width, width);
            let [r, g, b] = theme.background();
            assert_eq!(image.pixel(0, 0), Some([r, g, b, 255]));
            assert!(image.pixels.chunks(4).any(|p| p[..3] == color), "the curve has its colour");
            assert!(image.pixels.chunks(4).all(|p| p[3] == 255));
        }
        assert!(plot.to_image(1e6).is_err());
    }
}

#[test]
fn nothing_is_cut_at_the_edges() {
    let long =
        "a title that is much longer than the picture is wide, so that it has to be shortened".to_owned();
    let plot = Plot {
        title: long.clone(),
        x: Axis::new(long.clone()),
        y: Axis::new(long.clone()),
        series: (0..5)
            .map(|i| Series::new(format!("{long} {i}"), vec![[0.0, 1e9], [1e7, 1e9 + 3.0]]))
            .collect(),
        width: 400,
        height: 300,
        ..Plot::default()
    };
    let image = plot.to_image(1.0).expect("small");
    let white = |x, y| image.pixel(x, y) == Some([255; 4]);
    assert!((0..400).all(|x| white(x, 0) && white(x, 299)));
    assert!((0..300).all(|y| white(0, y) && white(399, y)));
}

proptest! {
    #[test]
    fn any_series_can_be_drawn(points in prop::collection::vec((prop::num::f64::ANY, prop::num::f64::ANY), 0..40)) {
        let points: Vec<[f64; 2]> = points.into_iter().map(|(x, y)| [x, y]).collect();
        let plot = Plot { series: vec![Series::new("s", points)], width: 200, height: 150, ..Plot::default() };
        prop_assert!(!plot.to_svg().contains("NaN"));
        prop_assert!(plot.to_image(1.0).is_ok());
    }
}
