//! Histogram, levels and colour map.

mod facts;
mod histogram;
mod maps;

use blitz_model::document::{Edit, FitScope, LevelRule};
use blitz_model::session::{Command, LevelsReply, PictureReply};
use blitz_model::text;
use egui::{Button, DragValue, Response, Ui};

use crate::cx::Cx;
use crate::panels::panel::{Panel, PanelInfo};
use crate::theme::Theme;
use crate::widgets::values::value_text;
use facts::{Facts, send_levels};

/// Histogram with handles, levels, trim and colour map.
#[derive(Default)]
pub struct LevelsPanel {
    histogram: histogram::HistogramView,
}

/// Trims that are offered as buttons, in percent.
const TRIMS: [f64; 4] = [0.0, 0.1, 1.0, 2.0];

/// Height of the histogram below which the panel scrolls instead.
const LEAST_HEIGHT: f32 = 72.0;

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "levels",
    title: "Levels",
    hint: "Histogram, levels and colour map",
    bare: false,
    several: false,
    make: || Box::new(LevelsPanel::default()),
};

impl Panel for LevelsPanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }
}

impl LevelsPanel {
    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let session = cx.session;
        let Some(recording) = session.shown(cx.at()) else {
            ui.label(cx.theme.caption("Nothing is open."));
            return;
        };
        if recording.is_preview() {
            ui.label(
                cx.theme
                    .caption("A preview: levels belong to the recording, whose files are still being found."),
            );
            return;
        }
        let picture: &PictureReply = cx.picture();
        let (Some(shown), Some(levels)) = (&picture.shown, cx.levels()) else {
            let why = picture.error.as_deref().unwrap_or("Waiting for the first picture…");
            ui.label(cx.theme.caption(why));
            return;
        };
        let leader = session.shown(session.levels_from(cx.at())).unwrap_or(recording);
        let facts = Facts {
            state: recording.state(),
            fitting: &leader.state().display,
            stack: recording.stack(),
            shown,
            levels,
            integer: !shown.picture.dtype().is_float(),
        };
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let row = cx.theme.row + ui.spacing().item_spacing.y;
            let text_row = ui.text_style_height(&egui::TextStyle::Body) + ui.spacing().item_spacing.y;
            let extra = if counts(cx, &facts).is_some() { text_row } else { 0.0 };
            let below = histogram::BAR_AND_TICKS + 3.0 * row + text_row + extra + 6.0;
            let height = (ui.available_height() - below).clamp(LEAST_HEIGHT, 420.0);
            self.histogram.ui(ui, cx, &facts, height);
            levels_row(ui, cx, &facts);
            fit_row(ui, cx, &facts);
            trim_row(ui, cx, &facts);
            ui.add(egui::Label::new(cx.theme.caption(status(cx, &facts))).truncate())
                .on_hover_text("How the levels come about");
            counts_row(ui, cx, &facts);
        });
    }
}

fn levels_row(ui: &mut Ui, cx: &mut Cx<'_>, facts: &Facts<'_>) {
    let LevelsReply { lo, hi, .. } = facts.levels;
    let (mut new_lo, mut new_hi) = (lo, hi);
    ui.horizontal(|ui| {
        let field = tighten(ui);
        let a = level_field(
            ui,
            facts,
            field,
            &mut new_lo,
            "Lower level",
            "Value shown darkest; values below look the same",
        );
        let width = ui.available_width() - field - ui.spacing().item_spacing.x;
        maps::menu(ui, cx, facts, width.clamp(60.0, 170.0));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let tip = "Value shown brightest; values above look the same";
            let b = level_field(ui, facts, field, &mut new_hi, "Upper level", tip);
            for response in [&a, &b] {
                cx.view.gesture |= response.dragged() || response.has_focus();
            }
            if (a.changed() || b.changed()) && (new_lo, new_hi) != (lo, hi) {
                send_levels(cx, new_lo.min(new_hi), new_lo.max(new_hi));
            }
        });
    });
}

/// Width of the fields of the two levels, where there is room.
const FIELD: f32 = 78.0;

/// Moves the controls of a row together where it is narrow; the width of its fields.
fn tighten(ui: &mut Ui) -> f32 {
    let width = ui.available_width();
    if width >= 268.0 {
        return FIELD;
    }
    let spacing = ui.spacing_mut();
    spacing.item_spacing.x = 3.0;
    spacing.button_padding.x = 4.0;
    ((width - 84.0) / 2.0).clamp(48.0, 66.0)
}

fn level_field(
    ui: &mut Ui,
    facts: &Facts<'_>,
    width: f32,
    value: &mut f64,
    name: &str,
    tip: &str,
) -> Response {
    let span = (facts.levels.hi - facts.levels.lo).abs().max(f64::MIN_POSITIVE);
    let integer = facts.integer;
    let speed = if integer { (span / 300.0).max(0.05) } else { span / 300.0 };
    let field = DragValue::new(value)
        .speed(speed)
        .update_while_editing(false)
        .max_decimals(if integer { 0 } else { 12 })
        .custom_formatter(move |v, _| value_text(v, span, integer));
    ui.add_sized([width, ui.spacing().interact_size.y], field).accessible_name(name).on_hover_text(tip)
}

fn fit_row(ui: &mut Ui, cx: &mut Cx<'_>, facts: &Facts<'_>) {
    let LevelsReply { lo, hi, .. } = facts.levels;
    let rule = facts.fitting.levels;
    let choices = [
        (
            "Picture",
            "Fit to picture",
            LevelRule::Fit(FitScope::Picture),
            "Fit to the picture shown, and keep fitting: each frame gets levels of its own",
        ),
        (
            "Stack",
            "Fit to stack",
            LevelRule::Fit(FitScope::Stack),
            "Fit to all frames, and keep fitting when the data change: frames stay comparable",
        ),
        (
            "Fixed",
            "Keep levels",
            LevelRule::Fixed { lo, hi },
            "Keep the levels as they are now; typing or dragging does this, too",
        ),
    ];
    ui.horizontal(|ui| {
        tighten(ui);
        caption(ui, cx.theme, "Fit to");
        for (label, name, new, tip) in choices {
            let selected = std::mem::discriminant(&rule) == std::mem::discriminant(&new)
                && (matches!(rule, LevelRule::Fixed { .. }) || rule == new);
            if toggle(ui, selected, label, name).on_hover_text(tip).clicked() && !selected {
                cx.send(Command::Edit(Edit::Levels(new)));
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let on = facts.state.display.log_counts;
            let tip = "Draw the counts on a logarithmic scale; the picture does not change";
            if toggle(ui, on, "Log", "Logarithmic counts").on_hover_text(tip).clicked() {
                cx.send(Command::Edit(Edit::LogCounts(!on)));
            }
        });
    });
}

fn trim_row(ui: &mut Ui, cx: &mut Cx<'_>, facts: &Facts<'_>) {
    let trim = facts.fitting.trim;
    let fits = matches!(facts.fitting.levels, LevelRule::Fit(_));
    ui.horizontal(|ui| {
        let width = tighten(ui);
        caption(ui, cx.theme, "Trim")
            .on_hover_text("Percent of the values left out at either end when levels are fitted");
        for preset in TRIMS {
            let tip = if preset == 0.0 {
                "Exact minimum to maximum".to_owned()
            } else {
                format!(
                    "Leave out {preset} % of the values at either end, so that a few hot pixels do not decide"
                )
            };
            let name = format!("Trim {preset} %");
            let selected = fits && trim == preset;
            if toggle(ui, selected, &format!("{preset}"), &name).on_hover_text(tip).clicked() {
                set_trim(cx, fits, preset);
            }
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut typed = trim;
            let field = DragValue::new(&mut typed)
                .range(0.0..=49.0)
                .speed(0.02)
                .max_decimals(3)
                .update_while_editing(false)
                .suffix(" %");
            let response = ui
                .add_sized([width, ui.spacing().interact_size.y], field)
                .accessible_name("Trim percentage")
                .on_hover_text("Percent of the values left out at either end, 0 to 49");
            cx.view.gesture |= response.dragged() || response.has_focus();
            if response.changed() && typed != trim {
                set_trim(cx, fits, typed);
            }
        });
    });
}

/// A new trim fits at once, also where the levels were fixed.
fn set_trim(cx: &mut Cx<'_>, fits: bool, trim: f64) {
    cx.send(Command::Edit(Edit::Trim(trim)));
    if !fits {
        cx.send(Command::Edit(Edit::Levels(LevelRule::Fit(FitScope::Stack))));
    }
}

/// How the levels come about, in words.
fn status(cx: &Cx<'_>, facts: &Facts<'_>) -> String {
    let trim = facts.fitting.trim;
    let how = if trim == 0.0 {
        "exact minimum to maximum".to_owned()
    } else {
        format!("{trim} % left out on each side")
    };
    let reduced = facts.state.shown_method().map(text::method);
    let how = if facts.state.fits_symmetric(facts.levels.fitted) {
        format!("{how}, symmetric about 0")
    } else {
        how
    };
    if !facts.levels.current {
        return "from before the last change, new levels on their way".into();
    }
    match (facts.fitting.levels, reduced) {
        (LevelRule::Fixed { .. }, _) => "fixed by hand".into(),
        (LevelRule::Fit(_), Some(method)) => format!("fitted to this {method}, {how}"),
        (LevelRule::Fit(FitScope::Picture), None) => format!("fitted to each picture, {how}"),
        (LevelRule::Fit(FitScope::Stack), None) => match cx.distribution() {
            None => format!("fitted to this picture for now, {how}"),
            Some(d) if !d.coverage.is_final() => {
                format!("preliminary: from {} loaded so far, {how}", text::count(d.coverage.used, "frame"))
            }
            Some(d) if d.sampled => {
                format!("from a sample of {}, exact on its way", text::count(d.coverage.used, "frame"))
            }
            Some(_) => format!("fitted to all frames, {how}"),
        },
    }
}

/// Missing, infinite and saturated samples of the picture, in words; `None` if there are none.
fn counts(cx: &Cx<'_>, facts: &Facts<'_>) -> Option<String> {
    let histogram = &facts.shown.histogram;
    let mut parts = Vec::new();
    if histogram.missing() > 0 {
        parts.push(format!("{} missing", text::grouped(histogram.missing())));
    }
    if histogram.infinite() > 0 {
        parts.push(format!("{} infinite", text::grouped(histogram.infinite())));
    }
    // Only a frame's own samples saturate; the full scale comes from the bits that the whole stack uses.
    let bits = cx.distribution().filter(|d| !d.sampled && facts.shown.frame.is_some() && d.histogram.n() > 0);
    if let Some(bits) = bits.and_then(|d| d.effective_bits) {
        let full = bits.full_scale();
        let saturated =
            (histogram.max() == Some(full)).then(|| histogram.bins(1 << 16).last().map_or(0, |b| b.count));
        if let Some(n) = saturated.filter(|n| *n > 0) {
            parts.push(format!("{} saturated (at {})", text::grouped(n), text::grouped(full as u64)));
        }
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn counts_row(ui: &mut Ui, cx: &Cx<'_>, facts: &Facts<'_>) {
    let Some(line) = counts(cx, facts) else { return };
    let text = egui::RichText::new(line).color(cx.theme.warning);
    ui.add(egui::Label::new(text).truncate()).on_hover_text(
        "Samples of this picture that have no value, are infinite, or stand at the full scale of the bits that \
         the recording uses",
    );
}

/// A caption of a fixed width, so that the controls of rows stand below each other.
fn caption(ui: &mut Ui, theme: &Theme, text: &str) -> Response {
    let size = egui::vec2(40.0, ui.spacing().interact_size.y);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(size.x);
        ui.label(theme.caption(text))
    })
    .inner
}

/// A button that is on or off, with an accessible name of its own.
fn toggle(ui: &mut Ui, selected: bool, text: &str, name: &str) -> Response {
    ui.add(Button::selectable(selected, text).frame_when_inactive(true)).accessible_name(name)
}
