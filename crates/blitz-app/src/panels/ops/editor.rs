//! The editors of the steps, made from the descriptions of their parameters.

use blitz_model::recipe::step::{Field, Value};
use blitz_model::recipe::{Filter, Reference, StepKind, Within};
use blitz_model::session::Recording;
use egui::{Button, Label, Ui};

use super::reference::Place;
use super::{OpsPanel, change};
use crate::cx::Cx;
use crate::widgets::fields::{Number, amount, choose, optional, row, whole};

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
        let within = recording.recipe().within(recording.stack());
        let (mut shown, mut chosen) = (None, false);
        for (part, field) in kind.fields().into_iter().enumerate().filter(|(_, field)| field.shown) {
            let place = Place { recording, step, part, windows: true, within };
            match field.value {
                Value::Reference(value) => {
                    chosen |= self.reference(ui, cx, &place, value);
                    shown = Some(value.clone());
                }
                Value::Picture(value) => {
                    chosen |= self.reference(ui, cx, &Place { windows: false, ..place }, value);
                    shown = Some(value.clone());
                }
                Value::OptionalPicture(value) => {
                    let words = (field.caption, field.hint);
                    self.dark(ui, cx, &Place { windows: false, ..place }, value, words);
                }
                Value::Filter { value, over_time } => filter_rows(ui, cx, value, within, over_time),
                Value::Zone(name) => zone_row(ui, cx, recording, name, field.hint),
                Value::File(path, words) => {
                    if let Some(new) = self.path(ui, cx, (step, part), Some(path.clone().as_path()), false) {
                        *path = new;
                    }
                    ui.add(Label::new(cx.theme.caption(words)).wrap());
                }
                _ => number_rows(ui, cx, field),
            }
        }
        if chosen {
            kind.reference_chosen();
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
                let range = cx.view.range_of(place.recording.stack().id);
                let mut value = dark.clone().unwrap_or(Reference::mean_of(range));
                if self.reference(ui, cx, place, &mut value) {
                    *dark = Some(value);
                }
            });
        }
    }
}

/// The rows of a parameter that is a switch or made of numbers.
fn number_rows(ui: &mut Ui, cx: &mut Cx<'_>, field: Field<'_>) {
    let Field { caption, name, hint, .. } = field;
    match field.value {
        Value::Amount(value) => {
            amount(ui, cx, value, hint);
        }
        Value::Switch(on, label) => row(ui, cx, caption, hint, |ui, _| {
            ui.checkbox(on, label).on_hover_text(hint);
        }),
        Value::OptionalNumber { value, least, start, .. } => {
            let number = Number { name, hint, range: least..=f64::MAX, speed: 0.01, suffix: "", decimals: 9 };
            row(ui, cx, caption, hint, |ui, cx| optional(ui, cx, value, start, &number));
        }
        Value::Ends { lo, hi, hints, .. } => ends_rows(ui, cx, (lo, hi), name, hints),
        Value::Span { value, .. } => span_row(ui, cx, value, (caption, name, hint)),
        _ => {}
    }
}

/// The levels shown, if they are two, and the ends to begin with.
fn levels(cx: &Cx<'_>) -> (bool, f64, f64) {
    let levels = cx.levels().map(|l| (l.lo, l.hi)).filter(|(lo, hi)| lo < hi);
    let (lo, hi) = levels.unwrap_or((0.0, 1.0));
    (levels.is_some(), lo, hi)
}

/// A value of samples: its drag is as fast as the levels are wide.
fn sample_value<'a>(cx: &Cx<'_>, name: &'a str, hint: &'a str) -> Number<'a> {
    let (_, lo, hi) = levels(cx);
    let speed = ((hi - lo) / 300.0).max(f64::MIN_POSITIVE);
    Number { name, hint, range: f64::MIN..=f64::MAX, speed, suffix: "", decimals: 9 }
}

/// Kinds of filters, to choose from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Gaussian,
    Mean,
    Median,
}

fn filter_rows(ui: &mut Ui, cx: &mut Cx<'_>, filter: &mut Filter, within: Within, over_time: bool) {
    let unit = if over_time { " frames" } else { " pixels" };
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
        let most = |filter: Filter| filter.largest_size(within, over_time);
        *filter = match shape {
            Shape::Gaussian => {
                Filter::Gaussian((size / 2.0).clamp(0.5, Filter::largest_sigma(within, over_time)))
            }
            Shape::Mean => Filter::Box(of(size as usize).min(most(Filter::Box(1)))),
            Shape::Median => Filter::Median(of(size as usize).min(most(Filter::Median(1)))),
        };
        return;
    }
    let largest = filter.largest_size(within, over_time);
    match filter {
        Filter::Gaussian(sigma) => {
            let hint = "Standard deviation of the Gaussian, cut at 4 of them";
            row(ui, cx, "Sigma", hint, |ui, cx| {
                let number = Number {
                    name: "Sigma",
                    hint,
                    range: 0.1..=Filter::largest_sigma(within, over_time),
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
                if whole(ui, cx, n, 1..=largest, unit, ("Size", hint)) {
                    *n |= 1;
                }
            });
        }
    }
}

fn ends_rows(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    (lo, hi): (&mut Option<f64>, &mut Option<f64>),
    name: &str,
    [below, above]: [&str; 2],
) {
    let before = (*lo, *hi);
    let (known, a, b) = levels(cx);
    let (lower, upper) = (format!("Lower {name}"), format!("Upper {name}"));
    row(ui, cx, "From", below, |ui, cx| {
        let number = sample_value(cx, &lower, below);
        optional(ui, cx, lo, a, &number)
    });
    row(ui, cx, "To", above, |ui, cx| {
        let number = sample_value(cx, &upper, above);
        optional(ui, cx, hi, b, &number)
    });
    row(ui, cx, "", "", |ui, _| {
        let button = ui.add_enabled(known, Button::new("From the levels").small());
        if button.on_hover_text("Take the levels that the picture is shown with").clicked() {
            (*lo, *hi) = (Some(a), Some(b));
        }
    });
    // A limit is needed, and the lower one lies below.
    if lo.is_none() && hi.is_none() || lo.zip(*hi).is_some_and(|(lo, hi)| lo >= hi) {
        (*lo, *hi) = before;
    }
}

/// Two numbers beside each other, the lower one first.
fn span_row(ui: &mut Ui, cx: &mut Cx<'_>, value: &mut [f64; 2], (caption, name, hint): (&str, &str, &str)) {
    let before = *value;
    let (lower, upper) = (format!("Lower {name}"), format!("Upper {name}"));
    row(ui, cx, caption, hint, |ui, cx| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            sample_value(cx, &lower, hint).ui(ui, cx, &mut value[0]);
            ui.label(cx.theme.caption("–"));
            sample_value(cx, &upper, hint).ui(ui, cx, &mut value[1]);
        });
    });
    if value[0] >= value[1] {
        *value = before;
    }
}

fn zone_row(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording, name: &mut String, hint: &str) {
    let zones = &recording.recipe().zones;
    let at = zones.iter().position(|z| z.name == *name);
    let mut chosen = at.unwrap_or(usize::MAX);
    let mut choices: Vec<(usize, &str)> =
        zones.iter().enumerate().map(|(i, z)| (i, z.name.as_str())).collect();
    if at.is_none() {
        choices.push((usize::MAX, name.as_str()));
    }
    row(ui, cx, "Zone", hint, |ui, _| choose(ui, &mut chosen, &choices, "Zone", hint));
    if let Some(zone) = zones.get(chosen).filter(|_| Some(chosen) != at) {
        name.clone_from(&zone.name);
    }
}
