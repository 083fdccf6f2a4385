//! Recipes as files: what is written reads back, what makes no sense is refused by name.

use blitz_core::{Abscissa, FrameRange, PixelSize, Rect, TimeUnit, Zone, ZoneShape};
use blitz_kernels::{Geometry, Method, Rotation};
use blitz_recipe::document::{AuxiliaryEdit, DocState, Edit, StepEdit, ZoneEdit};
use blitz_recipe::recipe::step::{Divide, Limits, Mask, Relative, Smooth, SmoothTime, Subtract, ZoneMask};
use blitz_recipe::recipe::{
    Auxiliary, Calibration, Direction, Filter, Guard, Load, Rate, Recipe, RecipeError, Reduction, Reference,
    Step, StepKind, Window,
};
use proptest::prelude::*;

fn range() -> impl Strategy<Value = FrameRange> {
    (0..1000_usize, prop::option::of(1..1000_usize), 1..5_usize).prop_map(|(start, len, step)| FrameRange {
        start,
        end: len.map(|l| start + l),
        step,
    })
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-1e6..1e6_f64, (-500..500_i32).prop_map(|i| f64::from(i) / 2.0)]
}

fn shape() -> impl Strategy<Value = ZoneShape> {
    let size = 0.01..1e4_f64;
    prop_oneof![
        (number(), number(), size.clone(), size.clone(), number())
            .prop_map(|(x, y, width, height, angle)| ZoneShape::Rect { x, y, width, height, angle }),
        (number(), number(), size.clone(), size, number())
            .prop_map(|(x, y, width, height, angle)| ZoneShape::Ellipse { x, y, width, height, angle }),
        prop::collection::vec((number(), number()), 3..9).prop_map(ZoneShape::Polygon),
        (0..5000_usize, 0..5000_usize).prop_map(|(x, y)| ZoneShape::Pixel { x, y }),
    ]
}

fn zones() -> impl Strategy<Value = Vec<Zone>> {
    prop::collection::vec((any::<[u8; 3]>(), shape(), "[a-zA-Z äöü=\"#]{0,12}"), 0..4).prop_map(|list| {
        let named = list.into_iter().enumerate();
        named.map(|(i, (color, shape, name))| Zone { name: format!("{i}{name}"), color, shape }).collect()
    })
}

fn load() -> impl Strategy<Value = Load> {
    (
        range(),
        1..50_usize,
        prop::option::of((0..99_usize, 0..99_usize, 1..99_usize, 1..99_usize)),
        prop_oneof![Just(1.0), 0.001..=1.0_f64],
        any::<[bool; 5]>(),
        prop::option::of(Just("THW".to_owned())),
    )
        .prop_map(
            |(
                frames,
                every,
                crop,
                shrink,
                [grey, luma_full, stored_orientation, eight_bit, stretch_each_frame],
                axes,
            )| Load {
                raw: Some("40x30:u16le:offset=64".into()),
                axes,
                channel: Some("GFP".into()),
                slice: Some(3),
                position: None,
                complex: None,
                group: Some("png".into()),
                times: Some("names".into()),
                frames,
                every,
                crop: crop.map(|(x, y, width, height)| Rect { x, y, width, height }),
                shrink,
                grey,
                // Only where colour becomes grey.
                luma_full: grey && luma_full,
                stored_orientation,
                eight_bit,
                eight_bit_range: eight_bit.then_some((-1.5, 4000.0)),
                stretch_each_frame,
            },
        )
}

fn calibration() -> impl Strategy<Value = Calibration> {
    let rate = prop_oneof![
        Just(None),
        Just(Some(Rate::Fps("30000/1001".into()))),
        Just(Some(Rate::Dt("12.5us".into())))
    ];
    (rate, -99..99_i64, prop::option::of(1e-9..1.0_f64), prop::option::of("[a-zA-Z°µ/\" ]{1,6}")).prop_map(
        |(rate, t0_frame, metres, unit)| Calibration {
            rate,
            t0_frame: Some(t0_frame),
            // Sizes as people type them: three digits and an exponent.
            pixel_size: metres.map(|m| PixelSize::parse(&format!("{m:.3e}m")).expect("valid")),
            unit,
        },
    )
}

fn reduction() -> impl Strategy<Value = Reduction> {
    let method = prop_oneof![
        Just(Method::Mean),
        Just(Method::Sum),
        Just(Method::Std),
        Just(Method::Median),
        (0..=1000_u32).prop_map(|p| Method::Percentile(f64::from(p) / 10.0)),
    ];
    (prop::collection::vec(method, 1..4), prop::option::of(range()), 0..2_u32)
        .prop_map(|(methods, range, ddof)| Reduction { methods, range, ddof })
}

fn geometry() -> impl Strategy<Value = Geometry> {
    let turn =
        prop_oneof![Just(Rotation::None), Just(Rotation::Cw), Just(Rotation::Ccw), Just(Rotation::Half)];
    (any::<[bool; 3]>(), turn).prop_map(|([transpose, flip_x, flip_y], rotate)| Geometry {
        transpose,
        rotate,
        flip_x,
        flip_y,
    })
}

fn reference() -> impl Strategy<Value = Reference> {
    let method = || prop_oneof![Just(Method::Mean), Just(Method::Median), Just(Method::Percentile(12.5))];
    let direction = prop_oneof![Just(Direction::Backward), Just(Direction::Forward)];
    prop_oneof![
        (method(), prop::option::of(range())).prop_map(|(method, range)| Reference::Range { method, range }),
        (method(), 1..500_usize, 0..9_usize, direction).prop_map(|(method, len, lag, direction)| {
            Reference::Window { method, window: Window { len, lag, direction } }
        }),
        ("[a-zA-Z0-9 ,\\\\=_./-]{1,16}", method())
            .prop_map(|(path, method)| Reference::File { path: path.into(), method }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let guard = || {
        (prop::option::of(0.0..9.0_f64), prop::option::of(-9.0..9.0_f64))
            .prop_map(|(smallest, fill)| Guard { smallest, fill })
    };
    let filter = || {
        prop_oneof![
            (0.1..50.0_f64).prop_map(Filter::Gaussian),
            (0..20_usize).prop_map(|n| Filter::Box(2 * n + 1)),
            (0..20_usize).prop_map(|n| Filter::Median(2 * n + 1)),
        ]
    };
    let kind = prop_oneof![
        (reference(), 0.0..=1.0_f64)
            .prop_map(|(reference, amount)| StepKind::from(Subtract { reference, amount })),
        (reference(), 0.0..=1.0_f64, any::<bool>(), guard()).prop_map(
            |(reference, amount, normalised, guard)| {
                Divide { reference, amount, normalised, guard }.into()
            }
        ),
        (reference(), guard()).prop_map(|(reference, guard)| Relative { reference, guard }.into()),
        filter().prop_map(|filter| Smooth { filter }.into()),
        filter().prop_map(|filter| SmoothTime { filter }.into()),
        (-99.0..0.0_f64, 0.5..99.0_f64).prop_map(|(lo, hi)| Limits { lo: Some(lo), hi: Some(hi) }.into()),
        "[a-zA-Z ,]{1,9}".prop_map(|zone| ZoneMask { zone }.into()),
        "[a-z ,\\\\]{1,9}".prop_map(|path| Mask { path: path.into() }.into()),
    ];
    (any::<bool>(), kind).prop_map(|(enabled, kind)| Step { enabled, kind })
}

fn auxiliary() -> impl Strategy<Value = Auxiliary> {
    let name = || "[a-zA-Z :\\\\(]{1,8}";
    let unit = prop_oneof![
        Just(Abscissa::Frames),
        prop::sample::select(TimeUnit::ALL.to_vec()).prop_map(Abscissa::Time)
    ];
    let columns = prop::collection::vec(name(), 0..3);
    let numbers = (number(), prop_oneof![Just(1.0), 0.001..1e6_f64], (0..50_usize).prop_map(|n| 2 * n + 1));
    (
        "[a-z0-9. :/]{1,12}",
        columns,
        prop::option::of(name()),
        prop::option::of(unit),
        numbers,
        any::<[bool; 5]>(),
    )
        .prop_filter("names that are not blank", |(file, columns, time, ..)| {
            !file.starts_with(':') && columns.iter().chain(time).all(|name| !name.trim().is_empty())
        })
        .prop_map(
            |(
                file,
                columns,
                time,
                unit,
                (offset, scale, smooth),
                [drop_negative, invert, shared_axis, own_times, hidden],
            )| {
                let scaled = Auxiliary { offset, scale, smooth, unit, time, columns, ..Auxiliary::new(file) };
                Auxiliary { drop_negative, invert, shared_axis, own_times, hidden, ..scaled }
            },
        )
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        load in load(),
        calibration in calibration(),
        frames in prop::option::of(range()),
        zones in zones(),
        geometry in geometry(),
        reduction in prop::option::of(reduction()),
        steps in prop::collection::vec(step(), 0..5),
        auxiliary in prop::collection::vec(auxiliary(), 0..3),
    ) {
        let recipe = Recipe { load, calibration, frames, zones, geometry, reduction, steps, auxiliary };
        let text = recipe.to_toml();
        let back = Recipe::from_toml(&text);
        prop_assert!(back.is_ok(), "{:?}\n{text}", back.err());
        prop_assert_eq!(back.as_ref().ok(), Some(&recipe));

        // As part of a document, too, and so do the edits that made it.
        let document = DocState { recipe: recipe.clone(), ..DocState::default() };
        let sent = serde_json::to_string(&document).expect("a document can be sent");
        prop_assert_eq!(serde_json::from_str::<DocState>(&sent).expect("read"), document);
        let mut edits = vec![Edit::Load(recipe.load.clone()), Edit::Geometry(recipe.geometry)];
        edits.push(Edit::Rate(recipe.calibration.rate.clone()));
        edits.extend(recipe.zones.iter().map(|zone| Edit::Zone(ZoneEdit::Add(zone.shape.clone()))));
        edits.extend(recipe.steps.iter().map(|step| Edit::Step(StepEdit::Add(step.kind.clone()))));
        edits.push(Edit::Auxiliary(AuxiliaryEdit::Add(recipe.auxiliary.clone())));
        edits.extend([Edit::Steps(recipe.steps.clone()), Edit::Recipe(Box::new(recipe))]);
        let sent = serde_json::to_string(&edits).expect("edits can be sent");
        prop_assert_eq!(serde_json::from_str::<Vec<Edit>>(&sent).expect("read"), edits);
    }

    #[test]
    fn an_edit_that_was_spoilt_on_its_way_is_refused(at in 0..40_usize, with in "\\PC") {
        let edit = Edit::Step(StepEdit::Add("smooth gaussian,1.5".parse::<Step>().expect("a step").kind));
        let mut sent: Vec<char> = serde_json::to_string(&edit).expect("sent").chars().collect();
        let at = at % sent.len();
        let with = with.chars().next().expect("one");
        prop_assume!(sent[at] != with);
        sent[at] = with;
        let read = serde_json::from_str::<Edit>(&sent.iter().collect::<String>());
        prop_assert_ne!(read.ok(), Some(edit));
    }

    #[test]
    fn any_text_is_refused_or_read_without_panic(text in "\\PC*") {
        drop(Recipe::from_toml(&text));
        drop(Recipe::from_toml(&format!("version = 1\n[load]\n{text}")));
    }
}

#[test]
fn an_empty_recipe_is_short() {
    assert_eq!(Recipe::default().to_toml(), "version = 1\n");
}

#[test]
fn errors_name_the_entry_and_the_value() {
    let cases = [
        ("version = 1\n[load]\nevery = 0\n", "load.every"),
        ("version = 1\n[load]\nshrink = 1.5\n", "1.5 found"),
        ("version = 1\n[load]\nframes = \"9:3\"\n", "load.frames"),
        ("version = 1\n[load]\nsharpen = true\n", "sharpen"),
        ("version = 1\n[calibration]\nfps = \"0\"\n", "calibration.fps"),
        ("version = 1\n[calibration]\nfps = \"1\"\ndt = \"1s\"\n", "exclude each other"),
        ("version = 1\n[reduction]\nmethods = [\"mode\"]\n", "'mode'"),
        ("version = 1\n[reduction]\nmethods = []\n", "at least one method"),
        ("version = 1\n[geometry]\nrotate = \"left\"\n", "'left'"),
        ("version = 1\n[[zone]]\nname = \"A\"\n", "exactly one of rect"),
        ("version = 1\n[[zone]]\nname = \"A\"\npixel = [1, 2]\nrect = [1, 2, 3, 4]\n", "exactly one of rect"),
        ("version = 1\n[[zone]]\nname = \"A\"\nrect = [0, 0, 0, 4]\n", "zone 1 ('A')"),
        (
            "version = 1\n[[zone]]\nname = \"A\"\npixel = [1, 2]\n[[zone]]\nname = \"A\"\npixel = [1, 3]\n",
            "is taken",
        ),
        ("version = 1\n[[zone]]\nname = \"A\"\npixel = [1, 2]\ncolor = \"blue\"\n", "'blue'"),
        ("version = 1\n[[auxiliary]]\nunit = \"ms\"\n", "file"),
        ("version = 1\n[[auxiliary]]\nfile = \"a.csv\"\nunit = \"years\"\n", "'years'"),
        (
            "version = 1\n[[auxiliary]]\nfile = \"a.csv\"\nsmooth = 2\n",
            "auxiliary 1 ('a.csv').smooth: 2 found",
        ),
        ("version = 1\n[[auxiliary]]\nfile = \"a.csv\"\nscale = nan\n", "scale: NaN found"),
        ("[load]\nevery = 2\n", "version"),
    ];
    for (text, expected) in cases {
        let message = Recipe::from_toml(text).expect_err(text).to_string();
        assert!(message.contains(expected), "{message}\nlacks {expected} for\n{text}");
    }
    assert!(matches!(Recipe::from_toml("version = 2\n"), Err(RecipeError::Version { found: 2 })));
}
