//! The window before anything is open: one area to drop on.

use egui::{
    Align2, Button, Color32, Key, Label, Pos2, Rect, RichText, Shape, Stroke, TextEdit, Ui, UiBuilder, Vec2,
    vec2,
};

use super::notice::Notice;
use crate::commands::{open, row::Row};
use crate::cx::Cx;
use crate::path::expanded;
use crate::state::Task;

/// The area. `typed` is the path being typed.
pub(crate) fn show(ui: &mut Ui, cx: &mut Cx<'_>, typed: &mut String, notice: &mut Notice) {
    let theme = cx.theme;
    let area = ui.available_rect_before_wrap().shrink(24.0);
    let size = vec2(area.width().min(720.0), area.height().min(400.0));
    let drop = Rect::from_center_size(area.center(), size);
    let hovering = ui.input(|i| !i.raw.hovered_files.is_empty());
    let edge = if hovering { theme.accent } else { theme.weak.gamma_multiply(0.7) };
    ui.painter().rect_filled(drop, 8.0, if hovering { theme.accent_soft } else { theme.panel });
    ui.painter().extend(dashed(drop, edge));
    let inner = drop.shrink2(vec2(40.0, 24.0));
    ui.scope_builder(UiBuilder::new().max_rect(inner), |ui| {
        ui.vertical_centered(|ui| {
            let content = 150.0 + if notice.text().is_some() { 56.0 } else { 0.0 };
            ui.add_space(((inner.height() - content) / 2.0).max(0.0));
            ui.label(RichText::new("Drop a recording here").size(23.0).color(theme.strong));
            ui.add_space(4.0);
            ui.label(
                theme.caption("A folder of images, several image files, a multi-page TIFF or a NumPy array"),
            );
            ui.add_space(20.0);
            buttons(ui, cx);
            ui.add_space(14.0);
            path_field(ui, cx, typed, notice);
            ui.add_space(16.0);
            under_way(ui, cx, notice);
        });
    });
}

fn path_field(ui: &mut Ui, cx: &mut Cx<'_>, typed: &mut String, notice: &mut Notice) {
    ui.allocate_ui(vec2(404.0, 26.0), |ui| {
        ui.horizontal(|ui| {
            let edit = TextEdit::singleline(&mut *typed)
                .hint_text("or type a path and press Enter")
                .desired_width(404.0 - 60.0)
                .min_size(vec2(0.0, 26.0))
                .align(Align2::LEFT_CENTER)
                .margin(vec2(8.0, 4.0));
            let response = ui.add(edit).on_hover_text("Path of a file or folder");
            response.widget_info(|| egui::WidgetInfo {
                label: Some("Path".into()),
                ..egui::WidgetInfo::text_edit(true, "", &*typed, "Path")
            });
            let enter = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let open =
                ui.add_enabled(!typed.trim().is_empty(), Button::new("Open").min_size(vec2(54.0, 26.0)));
            if open.on_hover_text("Open this path").clicked() || enter && !typed.trim().is_empty() {
                notice.dismiss();
                let path = expanded(typed);
                cx.ask(Task::new("open a typed path", move |state, _| {
                    open::open(state, vec![path.clone()], false);
                }));
            }
        });
    });
}

/// What is going on, or why the last recording did not open.
fn under_way(ui: &mut Ui, cx: &Cx<'_>, notice: &Notice) {
    if let Some(path) = cx.session.opening_path() {
        ui.spinner();
        ui.label(cx.theme.caption(format!("opening {}{}", path.display(), super::found_so_far(cx))));
    } else if let Some(text) = notice.text() {
        let frame = egui::Frame::new().fill(cx.theme.error_soft).inner_margin(10.0).corner_radius(4.0);
        frame.show(ui, |ui| {
            let label = Label::new(RichText::new(text).color(cx.theme.error)).wrap().selectable(true);
            ui.add(label);
        });
    }
}

fn buttons(ui: &mut Ui, cx: &mut Cx<'_>) {
    let demo = Row { text: "Try the demo".into(), ..open::demo() };
    let buttons = [open::files(), open::folder(), demo];
    let width = 128.0;
    let gap = 10.0;
    let total = width * buttons.len() as f32 + gap * (buttons.len() - 1) as f32;
    ui.allocate_ui(vec2(total, 32.0), |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for (i, row) in buttons.into_iter().enumerate() {
                let mut button =
                    Button::new(RichText::new(&*row.text).size(14.0)).min_size(Vec2::new(width, 32.0));
                if i == 0 {
                    button = button.fill(cx.theme.accent_soft);
                }
                if ui.add(button).on_hover_text(row.hint()).clicked() {
                    cx.act(row.action);
                }
            }
        });
    });
}

/// A dashed outline.
fn dashed(rect: Rect, color: Color32) -> Vec<Shape> {
    let corners: [Pos2; 5] =
        [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
    Shape::dashed_line(&corners, Stroke::new(1.5, color), 7.0, 5.0)
}
