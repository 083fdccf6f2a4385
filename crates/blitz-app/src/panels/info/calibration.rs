//! Time, length and value scales.

use blitz_core::PixelSize;
use blitz_model::document::Edit;
use blitz_model::recipe::Rate;
use blitz_model::session::{Command, Recording};
use egui::{DragValue, Grid, TextEdit, Ui};

use crate::cx::Cx;

/// What is being typed; fields that nobody types into show the document.
#[derive(Default)]
pub(crate) struct CalibrationForm {
    /// Name of the field, its text, and what was wrong with it.
    typed: Option<(&'static str, String, Option<String>)>,
}

impl CalibrationForm {
    pub(crate) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) {
        let calibration = recording.state().calibration().clone();
        Grid::new("calibration").num_columns(2).spacing([10.0, 4.0]).min_col_width(78.0).show(ui, |ui| {
            ui.label(cx.theme.caption("Frame rate"));
            let now = match &calibration.rate {
                Some(Rate::Fps(rate)) => rate.clone(),
                Some(Rate::Dt(interval)) => interval.clone(),
                None => String::new(),
            };
            let tip = "Frames per second such as 100000 or 30000/1001, or the time between frames such as 10us or 5min; \
                       empty: what the file says";
            if let Some(text) = self.field(ui, cx, "Recording rate", &now, &recording.rate_text(), tip) {
                self.accept(cx, "Recording rate", &text, parse_rate(&text).map(Edit::Rate));
            }
            ui.end_row();
            ui.label(cx.theme.caption("t = 0 at frame"));
            let now = calibration.t0(recording.stack());
            let mut zero = now;
            let field = ui
                .add(DragValue::new(&mut zero).update_while_editing(false))
                .accessible_name("Frame at time zero")
                .on_hover_text("Source frame at which time starts");
            cx.view.gesture |= field.dragged() || field.has_focus();
            if zero != now {
                cx.send(Command::Edit(Edit::T0(Some(zero))));
            }
            ui.end_row();
            ui.label(cx.theme.caption("Pixel size"));
            let now = calibration.pixel_size.map(PixelSize::display).unwrap_or_default();
            let from_file = recording.stack().pixel_size.map_or("not set".to_owned(), PixelSize::display);
            let tip = "Edge of a source pixel such as 12.5um or 0.1mm; empty: what the file says";
            if let Some(text) = self.field(ui, cx, "Pixel size", &now, &from_file, tip) {
                self.accept(cx, "Pixel size", &text, parse_size(&text).map(Edit::PixelSize));
            }
            ui.end_row();
            ui.label(cx.theme.caption("Unit of values"));
            let now = calibration.unit.clone().unwrap_or_default();
            let from_file = recording.stack().unit.clone().unwrap_or_else(|| "not set".to_owned());
            let tip = "Unit of the values such as K; empty: what the file says";
            if let Some(text) = self.field(ui, cx, "Unit of values", &now, &from_file, tip) {
                let unit = (!text.trim().is_empty()).then(|| text.trim().to_owned());
                self.accept(cx, "Unit of values", &text, Ok(Edit::Unit(unit)));
            }
            ui.end_row();
        });
        if let Some((_, _, Some(why))) = &self.typed {
            ui.label(egui::RichText::new(why).color(cx.theme.error));
        }
    }

    /// A text field; its text once it was changed and left.
    fn field(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        name: &'static str,
        now: &str,
        hint: &str,
        tip: &str,
    ) -> Option<String> {
        let mine = self.typed.as_ref().filter(|(n, ..)| *n == name);
        let mut text = mine.map_or_else(|| now.to_owned(), |(_, text, _)| text.clone());
        let field = TextEdit::singleline(&mut text).hint_text(hint).desired_width(150.0);
        let response = ui.add(field).accessible_name(name).on_hover_text(tip);
        cx.view.gesture |= response.has_focus();
        if response.changed() {
            self.typed = Some((name, text.clone(), None));
        }
        (response.lost_focus() && text.trim() != now).then_some(text)
    }

    fn accept(&mut self, cx: &mut Cx<'_>, name: &'static str, text: &str, edit: Result<Edit, String>) {
        match edit {
            Ok(edit) => {
                cx.send(Command::Edit(edit));
                self.typed = None;
            }
            Err(why) => self.typed = Some((name, text.to_owned(), Some(why))),
        }
    }
}

/// `10us` is an interval, `100000` a rate.
fn parse_rate(text: &str) -> Result<Option<Rate>, String> {
    let text = text.trim().trim_end_matches("fps").trim();
    if text.is_empty() {
        return Ok(None);
    }
    let words = |e: blitz_core::ParseError| e.to_string();
    if ["s", "min", "h", "d"].iter().any(|unit| text.ends_with(unit)) {
        let ascii = text.replace(['µ', 'μ'], "u").replace(' ', "");
        blitz_core::TimeAxis::from_dt(&ascii, 0).map_err(words)?;
        return Ok(Some(Rate::Dt(ascii)));
    }
    let digits = text.replace(',', "");
    blitz_core::TimeAxis::from_fps(&digits, 0).map_err(words)?;
    Ok(Some(Rate::Fps(digits)))
}

fn parse_size(text: &str) -> Result<Option<PixelSize>, String> {
    let ascii = text.trim().replace(['µ', 'μ'], "u").replace(' ', "");
    if ascii.is_empty() {
        return Ok(None);
    }
    PixelSize::parse(&ascii).map(Some).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_intervals_are_told_apart() {
        assert_eq!(parse_rate("100,000 fps"), Ok(Some(Rate::Fps("100000".into()))));
        assert_eq!(parse_rate("10 µs"), Ok(Some(Rate::Dt("10us".into()))));
        assert_eq!(parse_rate("5 min"), Ok(Some(Rate::Dt("5min".into()))));
        assert_eq!(parse_rate(" "), Ok(None));
        assert!(parse_rate("fast").is_err());
        assert_eq!(parse_size("12.5 µm").map(|s| s.map(PixelSize::display)), Ok(Some("12.5 µm".into())));
    }
}
