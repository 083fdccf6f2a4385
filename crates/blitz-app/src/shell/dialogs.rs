//! Questions that the window asks.

use std::path::{Path, PathBuf};

use blitz_model::load::CacheOffer;
use blitz_model::recipe::Load;
use blitz_model::session::{Command, TooBigChoice};
use blitz_model::text;
use egui::{Button, Context, DragValue, Id, Key, Label, Modal, RichText, TextEdit, Ui, Vec2, vec2};

use super::{Event, Purpose, Shell};
use crate::cx::{Cx, UiAction};

/// Size of a button that offers a choice.
const OFFER: Vec2 = vec2(170.0, 26.0);

/// A path to be typed, where the system has no file dialog or the person prefers it.
pub(super) struct PathDialog {
    purpose: Purpose,
    typed: String,
    message: Option<String>,
    /// A target that exists and that the person has been asked about.
    replace: Option<PathBuf>,
    fresh: bool,
}

impl PathDialog {
    pub(super) fn new(purpose: Purpose, typed: String, message: Option<String>) -> Self {
        Self { purpose, typed, message, replace: None, fresh: true }
    }
}

/// The command that opens a typed path; `~` is the home folder, quotation marks around it are dropped.
pub(super) fn open_typed(typed: &str, in_addition: bool) -> Command {
    Command::Open { paths: vec![expanded(typed)], load: Load::default(), in_addition }
}

/// A typed path as it is meant: without quotation marks, with the home folder for `~`.
pub(crate) fn expanded(typed: &str) -> PathBuf {
    let text = typed.trim();
    let quoted = |mark: char| text.strip_prefix(mark).and_then(|t| t.strip_suffix(mark));
    let text = quoted('"').or_else(|| quoted('\'')).unwrap_or(text);
    let text = text.strip_prefix("file://").unwrap_or(text);
    let home =
        text.strip_prefix("~/").and_then(|rest| Some(PathBuf::from(std::env::var_os("HOME")?).join(rest)));
    home.unwrap_or_else(|| PathBuf::from(text))
}

impl Shell {
    pub(crate) fn dialogs(&mut self, ctx: &Context, cx: &mut Cx<'_>) {
        self.too_big(ctx, cx);
        self.path_dialog(ctx, cx);
        self.export_dialog(ctx, cx);
        self.help_windows(ctx, cx);
        drop_hint(ctx, cx);
    }

    /// Asks what to do with a recording that does not fit in memory.
    fn too_big(&mut self, ctx: &Context, cx: &mut Cx<'_>) {
        let Some(waiting) = cx.session.too_big() else {
            self.every = 0;
            return;
        };
        let plan = &waiting.plan;
        let fitting = plan.every_that_fits.max(2);
        if self.every == 0 {
            self.every = fitting;
        }
        let (every, typed) = (&mut self.every, &mut self.cache_size);
        let (mut choice, mut limited, mut other_folder) = (None, None, false);
        let theme = cx.theme;
        modal("too big", cx).show(ctx, |ui| {
            ui.set_width(520.0);
            heading(ui, &format!("{} does not fit in memory", waiting.name), cx);
            let needed = text::bytes(plan.peak_bytes);
            ui.add(Label::new(format!("Held in memory it takes {needed}: {}.", plan.reason)).wrap());
            ui.add_space(theme.space);
            let offer = |ui: &mut Ui, enabled: bool, title: &str, gives: &str| {
                ui.horizontal_top(|ui| {
                    let clicked = ui
                        .add_enabled_ui(enabled, |ui| ui.add_sized(OFFER, Button::new(title)))
                        .inner
                        .on_hover_text(gives)
                        .clicked();
                    ui.add(Label::new(theme.caption(gives)).wrap());
                    clicked
                })
                .inner
            };
            if let Some(cache) = &waiting.cache {
                let gives = cache_words(cache);
                if offer(ui, cache.refused.is_none(), "Decode to disk", &gives) {
                    choice = Some(TooBigChoice::Cache);
                }
                ui.horizontal(|ui| {
                    ui.add_space(OFFER.x + ui.spacing().item_spacing.x);
                    let choose = ui.add(Button::new("Other folder…").small());
                    other_folder = choose.on_hover_text("On another disk, say").clicked();
                    let label = ui.label(theme.caption("may take"));
                    let allowed = cache.room.limit;
                    let (_, size) = match typed {
                        Some(typed) if typed.0 == allowed => typed,
                        _ => typed.insert((allowed, allowed as f64 / 1e9)),
                    };
                    let drag = DragValue::new(size).range(0.1..=1e6).speed(1.0).max_decimals(1).suffix(" GB");
                    let drag = ui.add(drag).labelled_by(label.id);
                    let drag = drag.on_hover_text("All recordings there together; those unused longest give way");
                    let bytes = (*size * 1e9) as u64;
                    if (drag.drag_stopped() || drag.lost_focus()) && bytes.abs_diff(allowed) > 50_000_000 {
                        limited = Some(Command::CacheFolder { path: cache.folder.clone(), limit: Some(bytes) });
                    }
                });
                ui.add_space(theme.gap);
            }
            let gives = "Every frame, nothing held: each is decoded when it is looked at, so curves and ranges \
                         take a decoding each time";
            if offer(ui, true, "Stream", gives) {
                choice = Some(TooBigChoice::Stream);
            }
            ui.add_space(theme.gap);
            ui.horizontal(|ui| {
                let load = ui.add(Button::new("Load one frame in").min_size(OFFER));
                if load.on_hover_text("Thins the recording; outputs say so").clicked() {
                    choice = Some(TooBigChoice::Every(*every));
                }
                let step = DragValue::new(every).range(2..=1_000_000);
                let step = ui.add(step).on_hover_text("How many source frames apart the loaded ones are");
                let frames = plan.shape.frames.saturating_mul(plan.step).div_ceil((*every).max(1));
                let label = ui.label(theme.caption(format!("gives {}", text::count(frames, "frame"))));
                step.labelled_by(label.id);
                if *every < fitting {
                    ui.colored_label(theme.warning, "does not fit either");
                }
            });
            ui.add_space(theme.gap);
            if let Some(ratio) = plan.shrink_that_fits {
                let percent = format!("{:.1}", ratio * 100.0);
                let percent = percent.trim_end_matches(".0");
                let gives = format!("All frames at {percent} % of their width and height; pixels are averaged");
                if offer(ui, true, &format!("Shrink to {percent} %"), &gives) {
                    choice = Some(TooBigChoice::Shrink(ratio));
                }
                ui.add_space(theme.gap);
            }
            ui.add_space(theme.space);
            if ui.button("Cancel").on_hover_text("Do not open it").clicked()
                || ui.input(|i| i.key_pressed(Key::Escape))
            {
                choice = Some(TooBigChoice::Cancel);
            }
        });
        if other_folder {
            cx.ask(UiAction::ChooseCacheFolder);
        }
        for command in limited.into_iter().chain(choice.map(Command::TooBig)) {
            cx.send(command);
        }
    }

    fn path_dialog(&mut self, ctx: &Context, cx: &mut Cx<'_>) {
        let Some(dialog) = &mut self.dialog else { return };
        let (title, verb) = dialog.purpose.words();
        let mut accepted = false;
        let mut closed = false;
        modal("path dialog", cx).show(ctx, |ui| {
            ui.set_width(520.0);
            heading(ui, title, cx);
            if let Some(message) = &dialog.message {
                ui.add(Label::new(cx.theme.caption(message)).wrap());
                ui.add_space(cx.theme.gap);
            }
            let label = ui.label(cx.theme.caption("Path"));
            let edit =
                TextEdit::singleline(&mut dialog.typed).desired_width(f32::INFINITY).margin(vec2(8.0, 4.0));
            let response = ui.add(edit).labelled_by(label.id);
            if std::mem::take(&mut dialog.fresh) {
                response.request_focus();
            }
            if response.changed() {
                dialog.replace = None;
            }
            if let Some(path) = &dialog.replace {
                ui.colored_label(
                    cx.theme.warning,
                    format!("{} exists; press {verb} again to replace it", path.display()),
                );
            }
            ui.add_space(cx.theme.space);
            ui.horizontal(|ui| {
                let enter = response.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
                let ok = ui.add_enabled(
                    !dialog.typed.trim().is_empty(),
                    Button::new(verb).fill(cx.theme.accent_soft),
                );
                accepted = ok.clicked() || enter && !dialog.typed.trim().is_empty();
                closed = ui.button("Cancel").clicked() || ui.input(|i| i.key_pressed(Key::Escape));
            });
        });
        if accepted {
            let path = expanded(&dialog.typed);
            match dialog.purpose {
                Purpose::Open { in_addition } => {
                    cx.send(open_typed(&dialog.typed, in_addition));
                    closed = true;
                }
                purpose
                    if !purpose.saves()
                        || !path.exists()
                        || dialog.replace.as_deref() == Some(Path::new(&path)) =>
                {
                    drop(self.sender.send(Event::Chosen { purpose, paths: vec![path] }));
                    ctx.request_repaint();
                    closed = true;
                }
                _ => {
                    dialog.replace = Some(path);
                    dialog.fresh = true;
                }
            }
        }
        if closed {
            self.dialog = None;
        }
    }
}

/// What decoding to the disk takes and gives.
fn cache_words(cache: &CacheOffer) -> String {
    let folder = cache.folder.display();
    let needed = text::bytes(cache.needed);
    if let Some(reason) = &cache.refused {
        return format!("{needed} in {folder}: {reason}");
    }
    let free = cache.room.free.map_or_else(String::new, |free| format!(", {} are free", text::bytes(free)));
    let gives_way = match cache.room.admit(cache.needed) {
        Ok(()) => "",
        Err(_) => "; recordings kept there longest unused give way",
    };
    format!(
        "Every frame, decoded once and then read like a file, also the next time: {needed} in {folder}{free}{gives_way}"
    )
}

/// A dialog with room around its content.
pub(super) fn modal(name: &'static str, cx: &Cx<'_>) -> Modal {
    let frame = egui::Frame::new()
        .fill(cx.theme.panel)
        .stroke(egui::Stroke::new(1.0, cx.theme.line))
        .corner_radius(6.0)
        .inner_margin(16.0);
    Modal::new(Id::unique(name)).frame(frame)
}

pub(super) fn heading(ui: &mut Ui, text: &str, cx: &Cx<'_>) {
    ui.label(RichText::new(text).heading().color(cx.theme.strong));
    ui.add_space(cx.theme.gap);
}

/// While files are held over a window that already shows something.
fn drop_hint(ctx: &Context, cx: &Cx<'_>) {
    let count = ctx.input(|i| i.raw.hovered_files.len());
    if count == 0 || cx.recording().is_none() {
        return;
    }
    let painter = ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop hint")));
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0.0, cx.theme.frame.gamma_multiply(0.75));
    let what = if count == 1 {
        "Drop to open".to_owned()
    } else {
        format!("Drop to open {} as one recording", text::count(count, "file"))
    };
    let font = egui::FontId::proportional(24.0);
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, what, font, cx.theme.strong);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_paths_are_taken_as_people_paste_them() {
        assert_eq!(expanded("  \"/data/run 3\" "), PathBuf::from("/data/run 3"));
        assert_eq!(expanded("'a b.npy'"), PathBuf::from("a b.npy"));
        assert_eq!(expanded("file:///tmp/x.tif"), PathBuf::from("/tmp/x.tif"));
        assert_eq!(expanded("\""), PathBuf::from("\""));
    }
}
