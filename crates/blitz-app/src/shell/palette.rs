//! The palette: all commands, found by typing a part of their names.

use egui::{
    Align, Context, Event, Key, Layout, Modifiers, RichText, Role, ScrollArea, Sense, TextEdit, Ui,
    UiBuilder, WidgetInfo, vec2,
};

use crate::commands::row::{COMMAND, Now, Row, SHIFT_COMMAND};
use crate::commands::{GROUPS, Menu};
use crate::cx::Cx;
use crate::state::Palette;
use crate::widgets::modal::modal;

/// Width of the palette.
const WIDTH: f32 = 560.0;
/// Height of a line.
const LINE: f32 = 24.0;
/// Lines that are seen at once.
const LINES: f32 = 14.0;

/// Draws the palette; whether it is to be closed.
pub(super) fn show(palette: &mut Palette, ctx: &Context, cx: &mut Cx<'_>) -> bool {
    let now = Now::of(cx);
    let all = GROUPS.iter().flat_map(|(menu, rows)| rows(&now).into_iter().map(|row| (*menu, row)));
    let all = all.filter(|(_, row)| row.id != "help.palette").collect();
    let found = found(all, &palette.typed);
    let (up, down, enter, again) = ctx.input_mut(|i| {
        let up = i.count_and_consume_key(Modifiers::NONE, Key::ArrowUp);
        let down = i.count_and_consume_key(Modifiers::NONE, Key::ArrowDown);
        let enter = i.consume_key(Modifiers::NONE, Key::Enter);
        let again = i.consume_key(SHIFT_COMMAND, Key::P) | i.consume_key(COMMAND, Key::K);
        (up, down, enter, again)
    });
    let typed = ctx.input(|i| i.events.iter().any(|e| matches!(e, Event::Text(_) | Event::Paste(_))));
    if typed {
        palette.chosen = 0;
    }
    let last = found.len().saturating_sub(1);
    palette.chosen = (palette.chosen + down).saturating_sub(up).min(last);
    let mut run = enter.then_some(palette.chosen);
    let moved = up + down > 0 || typed;
    let modal = modal("palette", cx.theme).show(ctx, |ui| {
        ui.set_width(WIDTH);
        let hint = "Type a part of a command's name";
        let edit = TextEdit::singleline(&mut palette.typed).hint_text(hint).desired_width(f32::INFINITY);
        let response = ui.add(edit.margin(vec2(8.0, 4.0)).min_size(vec2(0.0, 26.0)));
        response.widget_info(|| WidgetInfo {
            label: Some("Command".into()),
            ..WidgetInfo::text_edit(true, "", &palette.typed, "Command")
        });
        response.request_focus();
        ui.add_space(cx.theme.gap);
        ScrollArea::vertical().max_height(LINES * LINE).auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (i, (menu, row)) in found.iter().enumerate() {
                if line(ui, cx, *menu, row, i == palette.chosen, moved) {
                    run = Some(i);
                }
            }
            if found.is_empty() {
                ui.label(cx.theme.caption("No command has all these words"));
            }
        });
        ui.add_space(cx.theme.gap);
        let about = found.get(palette.chosen).map(|(_, row)| row.tooltip.clone()).unwrap_or_default();
        ui.add(egui::Label::new(cx.theme.caption(about)).truncate());
    });
    // One that is not available says why and stays.
    let run = run.and_then(|i| found.into_iter().nth(i)).filter(|(_, row)| row.unavailable.is_none());
    if let Some((_, row)) = run {
        cx.act(row.action);
        return true;
    }
    modal.should_close() || again
}

/// A line: the command, then its key or why it is not available. Whether it was clicked.
fn line(ui: &mut Ui, cx: &Cx<'_>, menu: Menu, row: &Row, chosen: bool, reveal: bool) -> bool {
    let theme = cx.theme;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), LINE), Sense::click());
    let enabled = row.unavailable.is_none();
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, enabled, chosen, &*row.text));
    if chosen && reveal {
        ui.scroll_to_rect(rect, None);
    }
    let ground = match (chosen, response.hovered()) {
        (true, _) => theme.accent_soft,
        (false, true) => theme.button,
        _ => egui::Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, f32::from(theme.radius), ground);
    let layout = Layout::left_to_right(Align::Center);
    let mut inside = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 0.0))).layout(layout));
    let label = |ui: &mut Ui, text: RichText| ui.add(egui::Label::new(text).selectable(false).truncate());
    let ink = if enabled { theme.strong } else { theme.weak };
    label(&mut inside, theme.caption(format!("{}:", menu.title())));
    label(&mut inside, RichText::new(&*row.text).color(ink));
    inside.with_layout(Layout::right_to_left(Align::Center), |ui| match row.unavailable {
        Some(why) => label(ui, RichText::new(why).italics().color(theme.weak)),
        None => label(ui, theme.caption(row.key_text())),
    });
    response.clicked()
}

/// The rows that have all words typed, best first: words at the beginning of a word before words inside, before
/// letters in their order.
fn found(rows: Vec<(Menu, Row)>, typed: &str) -> Vec<(Menu, Row)> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut scored: Vec<(u32, (Menu, Row))> = rows
        .into_iter()
        .filter_map(|(menu, row)| {
            let name = format!("{} {}", menu.title(), row.text).to_lowercase();
            let scores = words.iter().map(|word| score(&name, &row.tooltip.to_lowercase(), word));
            Some((scores.sum::<Option<u32>>()?, (menu, row)))
        })
        .collect();
    scored.sort_by_key(|(score, _)| *score);
    scored.into_iter().map(|(_, found)| found).collect()
}

/// How far a word is from a name; `None` where it is not in it at all.
fn score(name: &str, tooltip: &str, word: &str) -> Option<u32> {
    let begins = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word));
    if begins(name) {
        return Some(0);
    }
    if name.contains(word) {
        return Some(1);
    }
    if begins(tooltip) {
        return Some(4);
    }
    let mut letters = name.chars();
    word.chars().all(|c| letters.any(|l| l == c)).then_some(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_order_and_by_their_letters() {
        let name = "file save picture with colour bar…";
        let tooltip = "png image with the values of the colours beside it";
        assert_eq!(score(name, tooltip, "pic"), Some(0));
        assert_eq!(score(name, tooltip, "ture"), Some(1));
        assert_eq!(score(name, tooltip, "image"), Some(4));
        assert_eq!(score(name, tooltip, "svp"), Some(8));
        assert_eq!(score(name, tooltip, "zone"), None);
    }
}
