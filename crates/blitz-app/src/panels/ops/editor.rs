//! The editors of the steps.

use blitz_model::Method;
use blitz_model::recipe::{Filter, Guard, Reference, StepKind};
use blitz_model::session::Recording;
use egui::{Button, Label, Ui};

use super::fields::{Number, amount, choose, optional, row, whole};
use super::reference::Place;
use super::{OpsPanel, change, chosen_range};
use crate::cx::{Cx, StepPart};

impl OpsPanel {
    /// The controls of one step.
    pub(super) fn editor(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        step: usize,
        now: &StepKind,
    ) {
        let mut kind = now.clone();
        let place = |part| Place { recording, step, part, windows: true };
        let mut shown = None;
        match &mut kind {
            StepKind::Subtract { reference, amount: share } => {
                self.reference(ui, cx, &place(StepPart::Reference), reference);
                amount(ui, cx, share, "How much of the reference is taken away");
                shown = Some(reference.clone());
            }
            StepKind::Divide { reference, amount: share, normalised, guard } => {
                // Choosing a reference means wanting it.
                if self.reference(ui, cx, &place(StepPart::Reference), reference) {
                    *share = 1.0;
                }
                amount(ui, cx, share, "0 % divides by 1, 100 % by the reference");
                normalise(ui, cx, normalised);
                guard_rows(ui, cx, guard);
                shown = Some(reference.clone());
            }
            StepKind::FlatField { flat, dark, flat_dark, gain, guard } => {
                let part = |part| Place { recording, step, part, windows: false };
                self.reference(ui, cx, &part(StepPart::Reference), flat);
                self.dark(ui, cx, &part(StepPart::Dark), dark, ("Dark", "Subtract dark frames from both"));
                if dark.is_some() {
                    let words = ("Flat's dark", "The flat has dark frames of its own, of another exposure");
                    self.dark(ui, cx, &part(StepPart::FlatDark), flat_dark, words);
                }
                let hint = "Multiply by the mean of the flat, so that values keep the scale of the recording";
                row(ui, cx, "Scale", hint, |ui, _| {
                    ui.checkbox(gain, "Keep the scale").on_hover_text(hint);
                });
                guard_rows(ui, cx, guard);
                shown = Some(flat.clone());
            }
            StepKind::Relative { reference, guard } => {
                self.reference(ui, cx, &place(StepPart::Reference), reference);
                guard_rows(ui, cx, guard);
                shown = Some(reference.clone());
            }
            StepKind::SmoothTime(filter) => filter_rows(ui, cx, filter, " frames"),
            StepKind::Smooth(filter) => filter_rows(ui, cx, filter, " pixels"),
            StepKind::Limits { lo, hi } => limits_rows(ui, cx, lo, hi),
            StepKind::ZoneMask(name) => zone_row(ui, cx, recording, name),
            StepKind::Mask(path) => {
                if let Some(new) =
                    self.path(ui, cx, (step, StepPart::Mask), Some(path.clone().as_path()), false)
                {
                    *path = new;
                }
                let words = "One picture of the recording's size; pixels where it is 0 become missing.";
                ui.add(Label::new(cx.theme.caption(words)).wrap());
            }
        }
        if let Some(reference) = shown {
            self.preview.ui(ui, cx, recording, step, &reference);
        }
        if kind != *now {
            change(cx, step, kind);
        }
    }

    /// Dark frames that may be left out.
    fn dark(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        place: &Place<'_>,
        dark: &mut Option<Reference>,
        (caption, hint): (&str, &str),
    ) {
        let key = (place.step, place.part);
        let mut on = dark.is_some() || self.paths.contains_key(&key);
        let changed = row(ui, cx, caption, hint, |ui, _| {
            let words = if on { "Subtracted" } else { "None" };
            let switch = ui.checkbox(&mut on, words).on_hover_text(hint);
            switch.accessible_name(format!("Use {}", caption.to_lowercase())).changed()
        });
        if changed {
            self.paths.remove(&key);
            if on {
                self.paths.insert(key, String::new());
            } else {
                *dark = None;
            }
        }
        if on {
            ui.push_id(key.1, |ui| {
                // Until a file is chosen or typed there are no dark frames; frames of the recording are there
                // at once.
                let range = chosen_range(cx, place.recording);
                let mut value = dark.clone().unwrap_or(Reference::Range { method: Method::Mean, range });
                if self.reference(ui, cx, place, &mut value) {
                    *dark = Some(value);
                }
            });
        }
    }
}

fn normalise(ui: &mut Ui, cx: &mut Cx<'_>, normalised: &mut bool) {
    let hint = "Divide the reference by its own mean first, so that values keep their scale";
    row(ui, cx, "Scale", hint, |ui, _| {
        ui.checkbox(normalised, "Reference to mean 1").on_hover_text(hint);
    });
}

fn guard_rows(ui: &mut Ui, cx: &mut Cx<'_>, guard: &mut Guard) {
    let number = |name, hint, least| Number {
        name,
        hint,
        range: least..=f64::MAX,
        speed: 0.01,
        suffix: "",
        decimals: 9,
    };
    let hint = "Divisors nearer to 0 than this give no value";
    row(ui, cx, "Smallest", hint, |ui, cx| {
        optional(ui, cx, &mut guard.smallest, 0.01, &number("Smallest divisor", hint, 0.0))
    });
    let hint = "Value to put where a division gives none; missing otherwise";
    row(ui, cx, "Fill", hint, |ui, cx| {
        optional(ui, cx, &mut guard.fill, 0.0, &number("Fill value", hint, f64::MIN))
    });
}

/// Kinds of filters, to choose from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Gaussian,
    Mean,
    Median,
}

fn filter_rows(ui: &mut Ui, cx: &mut Cx<'_>, filter: &mut Filter, unit: &str) {
    let (now, size) = match *filter {
        Filter::Gaussian(sigma) => (Shape::Gaussian, sigma),
        Filter::Box(n) => (Shape::Mean, n as f64),
        Filter::Median(n) => (Shape::Median, n as f64),
    };
    let mut shape = now;
    let shapes = [(Shape::Gaussian, "Gaussian"), (Shape::Mean, "Mean"), (Shape::Median, "Median")];
    row(ui, cx, "Filter", "How neighbours are joined", |ui, _| {
        choose(ui, &mut shape, &shapes, "Filter", "How neighbours are joined; missing values are left out");
    });
    if shape != now {
        // A Gaussian of this width smooths about as much as a box of that length.
        let length = ((size * 2.0).round() as usize | 1).max(3);
        let of = |n: usize| if now == Shape::Gaussian { length } else { n };
        *filter = match shape {
            Shape::Gaussian => Filter::Gaussian((size / 2.0).max(0.5)),
            Shape::Mean => Filter::Box(of(size as usize)),
            Shape::Median => Filter::Median(of(size as usize)),
        };
        return;
    }
    match filter {
        Filter::Gaussian(sigma) => {
            let hint = "Standard deviation of the Gaussian, cut at 4 of them";
            row(ui, cx, "Sigma", hint, |ui, cx| {
                let number = Number {
                    name: "Sigma",
                    hint,
                    range: 0.1..=1000.0,
                    speed: 0.02,
                    suffix: unit,
                    decimals: 3,
                };
                number.ui(ui, cx, sigma)
            });
        }
        Filter::Box(n) | Filter::Median(n) => {
            let hint = "Neighbours that are joined, an odd number: the middle one and as many on either side";
            row(ui, cx, "Size", hint, |ui, cx| {
                if whole(ui, cx, n, 1..=9_999, unit, ("Size", hint)) {
                    *n |= 1;
                }
            });
        }
    }
}

fn limits_rows(ui: &mut Ui, cx: &mut Cx<'_>, lo: &mut Option<f64>, hi: &mut Option<f64>) {
    let before = (*lo, *hi);
    let levels = cx.levels().map(|l| (l.lo, l.hi)).filter(|(lo, hi)| lo < hi);
    let (a, b) = levels.unwrap_or((0.0, 1.0));
    let speed = ((b - a) / 300.0).max(f64::MIN_POSITIVE);
    let number =
        |name, hint| Number { name, hint, range: f64::MIN..=f64::MAX, speed, suffix: "", decimals: 9 };
    row(ui, cx, "From", "Smaller values become missing", |ui, cx| {
        optional(ui, cx, lo, a, &number("Lower limit", "Smaller values become missing"))
    });
    row(ui, cx, "To", "Larger values become missing", |ui, cx| {
        optional(ui, cx, hi, b, &number("Upper limit", "Larger values become missing"))
    });
    row(ui, cx, "", "", |ui, _| {
        let button = ui.add_enabled(levels.is_some(), Button::new("From the levels").small());
        if button.on_hover_text("Take the levels that the picture is shown with").clicked() {
            (*lo, *hi) = (Some(a), Some(b));
        }
    });
    // A limit is needed, and the lower one lies below.
    if lo.is_none() && hi.is_none() || lo.zip(*hi).is_some_and(|(lo, hi)| lo >= hi) {
        (*lo, *hi) = before;
    }
}

fn zone_row(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, name: &mut String) {
    let zones = &recording.recipe().zones;
    let at = zones.iter().position(|z| z.name == *name);
    let mut chosen = at.unwrap_or(usize::MAX);
    let mut choices: Vec<(usize, &str)> =
        zones.iter().enumerate().map(|(i, z)| (i, z.name.as_str())).collect();
    if at.is_none() {
        choices.push((usize::MAX, name.as_str()));
    }
    let hint = "Pixels outside this zone become missing; the mask follows the zone when it is moved";
    row(ui, cx, "Zone", hint, |ui, _| choose(ui, &mut chosen, &choices, "Zone", hint));
    if let Some(zone) = zones.get(chosen).filter(|_| Some(chosen) != at) {
        name.clone_from(&zone.name);
    }
}
