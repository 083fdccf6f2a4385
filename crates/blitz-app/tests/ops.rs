//! Steps in the whole window: what is shown, measured, saved and exported is one answer.

mod common;

use std::path::Path;

use blitz_app::App;
use blitz_core::{Cancel, Progress};
use blitz_model::evaluate::{EvalContext, OneFrame, evaluate};
use blitz_model::load::Opened;
use blitz_model::recipe::Recipe;
use common::{FRAMES, WIDTH, loaded, open, settle, type_path, value};
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

type Window = Harness<'static, App>;

fn click(h: &mut Window, label: &str) {
    h.get_all_by_label(label).last().expect(label).click();
    h.run_steps(4);
    settle(h);
}

/// A line of a menu, which comes before what lies below it.
fn menu(h: &mut Window, name: &str, line: &str) {
    h.get_by_label(name).click();
    h.run_steps(4);
    h.get_all_by_label(line).next().expect(line).click();
    h.run_steps(4);
    settle(h);
}

fn undo(h: &mut Window) {
    h.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    settle(h);
}

fn steps(h: &Window) -> Vec<String> {
    open(h).recipe().steps.iter().map(ToString::to_string).collect()
}

/// All values of the picture shown.
fn picture(h: &Window) -> Vec<f64> {
    let shown = h.state().picture().shown.clone().expect("a picture");
    assert!(h.state().picture().current);
    shown.picture.samples.as_ref().to_f64_vec()
}

/// The colour map that the picture is drawn in.
fn colormap(h: &Window) -> String {
    let session = h.state().session();
    let fitted = session.levels(session.focused()).map(|levels| levels.fitted);
    open(h).state().colormap(fitted).to_owned()
}

fn mean(x: usize, y: usize) -> f64 {
    (0..FRAMES).map(|f| f64::from(value(f, x, y))).sum::<f64>() / FRAMES as f64
}

#[test]
fn a_step_changes_picture_curves_levels_colours_and_strip_and_all_lead_back() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    let (raw, colours) = (picture(&h), colormap(&h));
    let raw_curve = h.state().curves()[0].data.points[0][7].mean;
    click(&mut h, "Ops");
    menu(&mut h, "+ Add step", "Subtract");
    assert_eq!(steps(&h), ["subtract mean:"]);
    for (x, y) in [(0, 0), (9, 4), (40, 30)] {
        let expected = raw[y * WIDTH + x] - f64::from(mean(x, y) as f32);
        let found = picture(&h)[y * WIDTH + x];
        assert!((found - expected).abs() < 1e-4, "{found} {expected}");
    }
    let changed = h.state().curves()[0].data.points[0][7].mean;
    assert!((changed - raw_curve).abs() > 1.0, "the curve follows: {changed} {raw_curve}");
    assert_eq!(colormap(&h), "bipolar");
    assert!(h.query_by_label_contains("symmetric about 0").is_none(), "the levels are behind the steps");
    click(&mut h, "Levels");
    assert!(h.query_by_label_contains("symmetric about 0").is_some());

    // The strip says it and leads back; the step stays in the list.
    click(&mut h, "subtract: mean of all frames  ×");
    assert_eq!(steps(&h), ["off subtract mean:"]);
    assert_eq!((picture(&h), colormap(&h)), (raw.clone(), colours));
    undo(&mut h);
    assert_eq!(colormap(&h), "bipolar");
    undo(&mut h);
    assert!(steps(&h).is_empty());
    assert_eq!(picture(&h), raw);
    h.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    settle(&mut h);
    assert_eq!(steps(&h), ["subtract mean:"]);
}

#[test]
fn window_file_and_evaluation_give_the_same_bits() {
    let folder = tempfile::tempdir().expect("folder");
    let mut h = loaded(folder.path());
    click(&mut h, "Ops");
    menu(&mut h, "+ Add step", "Subtract");
    click(&mut h, "Close step 1");
    menu(&mut h, "+ Add step", "Smooth over time");
    click(&mut h, "Close step 2");
    menu(&mut h, "+ Add step", "Relative change");
    click(&mut h, "Move up step 3");
    click(&mut h, "Duplicate step 1");
    click(&mut h, "Step 1 on");
    let made = ["off subtract mean:", "subtract mean:", "relative mean:", "smooth-time gaussian,2"];
    assert_eq!(steps(&h), made);
    for _ in 0..7 {
        h.key_press(Key::ArrowRight);
        h.step();
    }
    settle(&mut h);
    let frame = common::playhead(&h).frame;

    let (recipe_path, out) = (folder.path().join("r.toml"), folder.path().join("out.npy"));
    menu(&mut h, "Recipe", "Save recipe…");
    type_path(&mut h, &recipe_path);
    click(&mut h, "Export result");
    type_path(&mut h, &out);
    let said = h.state().session().log().last().expect("a line").text.clone();
    assert!(said.contains("60 frames") && said.contains("out.npy"), "{said}");

    // The saved recipe, as the command line reads and runs it.
    let recipe = blitz_model::load::read_recipe(&recipe_path).expect("a recipe");
    assert_eq!(recipe.steps, open(&h).recipe().steps);
    let cx = EvalContext::default();
    let open_again = |path: &Path| {
        Opened::open(&[path.to_owned()], &recipe.load, None, &Cancel::default(), &Progress::default())
            .expect("opened")
            .stream()
    };
    let source = open_again(&folder.path().join("steps.npy"));
    let exported = open_again(&out);
    assert_eq!(exported.shape().frames, FRAMES);
    for f in 0..FRAMES {
        let ask = |stack, recipe: &Recipe| {
            evaluate(stack, recipe, &OneFrame { frame: f }, &cx).expect("a picture").samples
        };
        let (a, b) = (ask(&source, &recipe), ask(&exported, &Recipe::default()));
        assert_eq!(a.bytes(), b.bytes(), "frame {f}");
        if f == frame {
            let shown = h.state().picture().shown.clone().expect("a picture");
            assert_eq!(shown.picture.samples.bytes(), a.bytes(), "what is seen is what is written");
        }
    }
}

#[test]
fn a_recipe_is_opened_and_undone_and_its_line_is_copied() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("r.toml");
    let steps_of = "version = 1\n[arithmetic]\nsteps = [\"subtract mean:0:10\", \"limits -5:5\"]\n";
    std::fs::write(&path, steps_of).expect("written");
    let mut h = loaded(folder.path());
    click(&mut h, "Ops");
    menu(&mut h, "Recipe", "Open recipe…");
    type_path(&mut h, &path);
    settle(&mut h);
    assert_eq!(steps(&h), ["subtract mean:0:10", "limits -5:5"]);
    assert_eq!(open(&h).recipe().zones.len(), 1, "the zones stay where the recipe has none");
    menu(&mut h, "Recipe", "Copy as command line");
    let said = h.state().session().log().last().expect("a line").text.clone();
    assert!(said.ends_with("steps.npy --subtract mean:0:10 --limits=-5:5 -o OUT.npy"), "{said}");
    undo(&mut h);
    assert!(steps(&h).is_empty());
}
