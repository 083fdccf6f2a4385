//! The pixel under the pointer, in words and numbers.

use blitz_core::ChannelKind;
use blitz_draw::{ColorMap, Levels, MISSING_COLOR, NEG_INF_COLOR, POS_INF_COLOR};
use blitz_model::session::Recording;
use blitz_model::text;
use egui::{Color32, Grid, Rect, Sense, Stroke, StrokeKind, Ui, vec2};

use crate::cx::Cx;
use crate::image::pixel_size;
use crate::panels::panel::{Panel, PanelInfo};

/// The probe.
#[derive(Default)]
pub struct ProbePanel;

/// One line of the probe.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: &'static str,
    value: String,
}

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "probe",
    title: "Probe",
    hint: "The pixel last under the pointer",
    bare: false,
    several: false,
    make: || Box::new(ProbePanel),
};

impl Panel for ProbePanel {
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }
}

impl ProbePanel {
    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(recording) = cx.recording() else { return };
        let rows = rows(cx, recording);
        let grid = Grid::new("probe").num_columns(2).spacing([cx.theme.space, 5.0]);
        grid.show(ui, |ui| {
            for row in &rows {
                ui.label(cx.theme.caption(row.name));
                ui.horizontal(|ui| {
                    if row.name == VALUE {
                        swatch(ui, color(recording, cx), cx);
                    }
                    ui.add(egui::Label::new(cx.theme.number(&row.value)).wrap().selectable(true));
                });
                ui.end_row();
            }
        });
        ui.add_space(cx.theme.gap);
        let copy = ui.button("Copy").on_hover_text("Copy these lines (Ctrl+C)");
        if copy.clicked()
            && let Some(text) = as_text(cx)
        {
            ui.ctx().copy_text(text);
        }
    }
}

const VALUE: &str = "value";

/// The lines as text, for the clipboard.
pub(crate) fn as_text(cx: &Cx<'_>) -> Option<String> {
    let rows = rows(cx, cx.recording()?);
    let lines = rows.iter().map(|row| format!("{}\t{}", row.name, row.value)).collect::<Vec<_>>();
    Some(lines.join("\n"))
}

/// The pixel last under the pointer, with its values in what is shown now: the pointer may have left the picture.
fn rows(cx: &Cx<'_>, recording: &Recording) -> Vec<Row> {
    let stack = recording.stack();
    let state = recording.state();
    let frame = stack.source_frame(cx.playhead().frame);
    let last = stack.source_frame(stack.shape().frames.saturating_sub(1));
    let mut rows = Vec::new();
    let mut row = |name, value: String| rows.push(Row { name, value });
    let reduced = state.recipe.reduction.as_ref().zip(state.shown_method());
    match reduced {
        Some((reduction, method)) => {
            let range = reduction.range.or(state.recipe.frames).unwrap_or(blitz_core::FrameRange::ALL);
            row(
                "picture",
                format!("{} of {}", text::method(method), range.describe(stack.known_source_frames())),
            );
        }
        None if recording.is_preview() => row("picture", "preview, not measured".to_owned()),
        None => row("frame", format!("{frame} / {last}")),
    }
    if reduced.is_none()
        && let Some(t) = recording.time().seconds(frame)
    {
        row("time", text::seconds(t));
    }
    let Some(hover) = cx.view.last_hover.filter(|hover| hover.id == stack.id) else {
        row("position", "move over the picture".to_owned());
        return rows;
    };
    let (x, y) = hover.source;
    row("position", format!("x {x}  y {y}"));
    if let Some(size) = pixel_size(recording) {
        let length =
            |pixels: usize| blitz_core::PixelSize { metres: (pixels as f64 + 0.5) * size.metres }.display();
        row("", format!("x {}  y {}", short(&length(x)), short(&length(y))));
    }
    let source = state.recipe.shows_source();
    row(VALUE, with_kind(cx, recording, &cx.values_at(&hover).unwrap_or_default(), source));
    if let Some(raw) = cx.raw_at(&hover) {
        row("raw", format!("{} in frame {frame}", values(&raw, stack.dtype().is_float())));
    }
    let name = stack.meta(cx.playhead().frame).name;
    if reduced.is_none() && !name.is_empty() {
        row("file", name);
    }
    rows
}

/// Lengths of pixel centres need no twelve digits.
fn short(length: &str) -> String {
    let Some((number, unit)) = length.split_once(' ') else { return length.to_owned() };
    match number.parse::<f64>() {
        Ok(v) => format!("{} {unit}", trimmed(format!("{v:.4}"))),
        Err(_) => length.to_owned(),
    }
}

fn trimmed(number: String) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number }
}

/// `8 bit grey · 127`, with the unit where there is one.
fn with_kind(cx: &Cx<'_>, recording: &Recording, found: &[f64], is_raw: bool) -> String {
    let stack = recording.stack();
    let unit = recording.unit().map(|u| format!(" {u}")).unwrap_or_default();
    if found.is_empty() {
        return "–".to_owned();
    }
    let number = values(found, stack.dtype().is_float() || !is_raw);
    if is_raw { format!("{} · {number}{unit}", kind(cx, recording)) } else { format!("{number}{unit}") }
}

fn kind(cx: &Cx<'_>, recording: &Recording) -> String {
    let stack = recording.stack();
    let dtype = stack.dtype();
    let bits = if dtype.is_float() {
        dtype.to_string()
    } else {
        let meta = stack.meta(cx.playhead().frame);
        let keeps = recording.found().is_some_and(|found| found.keeps_samples);
        let container = if keeps { meta.container_bits } else { dtype.bits() };
        format!("{container} bit")
    };
    let color = if stack.is_rgb() {
        "RGB"
    } else if stack.channels.first().is_some_and(|c| c.kind == ChannelKind::Grey) {
        "grey"
    } else {
        ""
    };
    format!("{bits} {color}").trim_end().to_owned()
}

/// Values as one text: whole numbers as they are, others with the digits that say something.
fn values(values: &[f64], float: bool) -> String {
    let one = |&v: &f64| {
        if v.is_nan() {
            "missing".to_owned()
        } else if v.is_infinite() {
            if v > 0.0 { "+Inf".to_owned() } else { "−Inf".to_owned() }
        } else if !float {
            format!("{v}")
        } else if v != 0.0 && !(1e-3..1e7).contains(&v.abs()) {
            format!("{v:.5e}")
        } else {
            trimmed(format!("{v:.4}"))
        }
    };
    values.iter().map(one).collect::<Vec<_>>().join("  ")
}

/// The colour that the value is shown in.
fn color(recording: &Recording, cx: &Cx<'_>) -> Option<Color32> {
    let values = cx.values_at(&cx.view.last_hover?)?;
    let levels = cx.levels()?;
    let (lo, hi) = Levels::new(levels.lo, levels.hi).bounds();
    let share = |v: f64| ((v as f32 - lo) / (hi - lo)).clamp(0.0, 1.0);
    let shown = if recording.stack().is_rgb() { values.get(..3)? } else { values.get(..1)? };
    let [r, g, b] = if shown.iter().any(|v| v.is_nan()) {
        MISSING_COLOR
    } else if shown.contains(&f64::INFINITY) {
        POS_INF_COLOR
    } else if shown.contains(&f64::NEG_INFINITY) {
        NEG_INF_COLOR
    } else if let [r, g, b] = shown {
        [r, g, b].map(|v| (share(*v) * 255.0 + 0.5) as u8)
    } else {
        ColorMap::parse(recording.state().colormap(Some(levels.fitted)))
            .unwrap_or_default()
            .sample(share(shown[0]))
    };
    Some(Color32::from_rgb(r, g, b))
}

fn swatch(ui: &mut Ui, color: Option<Color32>, cx: &Cx<'_>) {
    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::hover());
    let rect = Rect::from_center_size(rect.center(), vec2(15.0, 15.0));
    ui.painter().rect(
        rect,
        2.0,
        color.unwrap_or(cx.theme.field),
        Stroke::new(1.0, cx.theme.line),
        StrokeKind::Inside,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_say_what_they_are() {
        assert_eq!(values(&[127.0], false), "127");
        assert_eq!(values(&[1.5, f64::NAN, f64::INFINITY], true), "1.5  missing  +Inf");
        assert_eq!(values(&[1.25e-9], true), "1.25000e-9");
        assert_eq!(values(&[4_294_967_295.0], false), "4294967295");
        assert_eq!(short("1.250000000001 mm"), "1.25 mm");
    }
}
