//! Rows of an editor: a caption of one width, then the controls.

use std::ops::RangeInclusive;

use egui::{Align, ComboBox, DragValue, Layout, Slider, Ui, vec2};

use crate::cx::Cx;

/// Width of the captions.
const CAPTION: f32 = 62.0;

/// One row; the controls may wrap below each other.
pub(crate) fn row<R>(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    caption: &str,
    hint: &str,
    controls: impl FnOnce(&mut Ui, &mut Cx<'_>) -> R,
) -> R {
    ui.horizontal(|ui| {
        let size = vec2(CAPTION, ui.spacing().interact_size.y);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(size.x);
            ui.label(cx.theme.caption(caption)).on_hover_text(hint);
        });
        ui.vertical(|ui| controls(ui, cx)).inner
    })
    .inner
}

/// One of several; whether it has changed.
pub(crate) fn choose<T: PartialEq + Copy>(
    ui: &mut Ui,
    value: &mut T,
    choices: &[(T, &str)],
    name: &str,
    hint: &str,
) -> bool {
    let before = *value;
    let shown = choices.iter().find(|(choice, _)| choice == value).map_or("", |(_, text)| text);
    let width = ui.available_width().clamp(60.0, 200.0);
    ComboBox::from_id_salt(name)
        .width(width)
        .truncate()
        .selected_text(shown)
        .show_ui(ui, |ui| {
            for (choice, text) in choices {
                ui.selectable_value(value, *choice, *text);
            }
        })
        .response
        .accessible_name(name)
        .on_hover_text(hint);
    *value != before
}

/// A share of 0 to 1, as percent on a slider with exact entry. While it is dragged the picture follows.
pub(crate) fn amount(ui: &mut Ui, cx: &mut Cx<'_>, value: &mut f64, hint: &str) -> bool {
    row(ui, cx, "Amount", hint, |ui, cx| {
        let mut percent = *value * 100.0;
        ui.spacing_mut().slider_width = (ui.available_width() - 62.0).clamp(40.0, 260.0);
        let slider = Slider::new(&mut percent, 0.0..=100.0)
            .suffix(" %")
            .max_decimals(2)
            .custom_formatter(|v, _| format!("{v:.2}").trim_end_matches('0').trim_end_matches('.').to_owned())
            .update_while_editing(false);
        let response = ui.add(slider).accessible_name("Amount").on_hover_text(hint);
        cx.view.gesture |= response.dragged() || response.has_focus();
        let changed = response.changed() && percent / 100.0 != *value;
        if changed {
            // Rounded, so that a hundredth of a percent is what it says.
            *value = (percent * 1e4).round() / 1e6;
        }
        changed
    })
}

/// A number; whether it has changed.
pub(crate) struct Number<'a> {
    pub(crate) name: &'a str,
    pub(crate) hint: &'a str,
    pub(crate) range: RangeInclusive<f64>,
    pub(crate) speed: f64,
    pub(crate) suffix: &'a str,
    pub(crate) decimals: usize,
}

impl Number<'_> {
    pub(crate) fn ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, value: &mut f64) -> bool {
        let before = *value;
        let field = DragValue::new(value)
            .range(self.range.clone())
            // A value that the recipe has is shown as it is, also where it is refused.
            .clamp_existing_to_range(false)
            .speed(self.speed)
            .suffix(self.suffix)
            .max_decimals(self.decimals)
            .update_while_editing(false);
        let response = ui.add(field).accessible_name(self.name).on_hover_text(self.hint);
        cx.view.gesture |= response.dragged() || response.has_focus();
        response.changed() && *value != before
    }
}

/// A whole number; whether it has changed.
pub(crate) fn whole(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    value: &mut usize,
    range: RangeInclusive<usize>,
    unit: &str,
    (name, hint): (&str, &str),
) -> bool {
    let before = *value;
    let field = DragValue::new(value).range(range).clamp_existing_to_range(false);
    let field = field.speed(0.1).suffix(unit).update_while_editing(false);
    let response = ui.add(field).accessible_name(name).on_hover_text(hint);
    cx.view.gesture |= response.dragged() || response.has_focus();
    response.changed() && *value != before
}

/// A number that may be left out: a switch, then the number. `first` is what it starts with.
pub(crate) fn optional(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    value: &mut Option<f64>,
    first: f64,
    number: &Number<'_>,
) -> bool {
    ui.horizontal(|ui| {
        let mut on = value.is_some();
        let switch = ui.checkbox(&mut on, "").on_hover_text(number.hint);
        let mut changed = switch.accessible_name(format!("Use {}", number.name.to_lowercase())).changed();
        if changed {
            *value = on.then_some(first);
        }
        match value {
            Some(v) => changed |= number.ui(ui, cx, v),
            None => {
                ui.label(cx.theme.caption("none"));
            }
        }
        changed
    })
    .inner
}
