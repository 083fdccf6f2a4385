//! The menus, made from the table of commands.

use egui::{Button, Role, TextWrapMode, Ui, WidgetInfo};

use crate::commands::row::{Now, Row};
use crate::commands::{GROUPS, Menu};
use crate::cx::Cx;

/// The menus of the bar, from the left.
pub(super) fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    for menu in Menu::BAR {
        ui.menu_button(menu.title(), |ui| lines(ui, cx, menu));
    }
}

/// The lines of a menu, its groups parted by lines.
fn lines(ui: &mut Ui, cx: &mut Cx<'_>, menu: Menu) {
    let now = Now::of(cx);
    let groups = GROUPS.iter().filter(|(of, _)| *of == menu).map(|(_, rows)| rows(&now));
    let groups: Vec<Vec<Row>> = groups.filter(|rows| !rows.is_empty()).collect();
    for (i, rows) in groups.into_iter().enumerate() {
        if i > 0 {
            ui.separator();
        }
        for row in rows {
            if line(ui, &row) {
                cx.act(row.action);
            }
        }
    }
}

/// A line of a menu; closes the menu when it is clicked.
fn line(ui: &mut Ui, row: &Row) -> bool {
    let enabled = row.unavailable.is_none();
    let response = if let Some(on) = row.radio {
        ui.add_enabled(enabled, egui::RadioButton::new(on, &*row.text))
    } else {
        let button = Button::new(&*row.text).wrap_mode(TextWrapMode::Extend);
        let keys = row.key_text();
        let button = if keys.is_empty() { button } else { button.shortcut_text(keys) };
        let response = ui.add_enabled(enabled, button);
        // The name is the same with and without keys beside it.
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &*row.text));
        response
    };
    let response = response.on_hover_text(&*row.tooltip);
    let why = row.unavailable.unwrap_or_default();
    let clicked = response.on_disabled_hover_text(format!("{}\n{why}", row.tooltip)).clicked();
    if clicked {
        ui.close();
    }
    clicked
}
