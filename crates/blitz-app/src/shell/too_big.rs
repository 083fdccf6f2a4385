//! The question about a recording that does not fit in memory.

use blitz_model::load::CacheOffer;
use blitz_model::session::{Command, TooBigChoice};
use blitz_model::text;
use egui::{Button, Context, DragValue, Key, Label, Ui, Vec2, vec2};

use crate::cx::{Cx, Task};
use crate::path::choose;
use crate::state::{PathKind, PathWanted};
use crate::widgets::modal::{heading, modal};

/// Size of a button that offers a choice.
const OFFER: Vec2 = vec2(170.0, 26.0);

/// What was typed for the question.
#[derive(Default)]
pub(super) struct TooBigForm {
    /// Every how many frames one is to be loaded; 0 before the question was asked.
    every: usize,
    /// Gigabytes being typed that decoded frames may take, and the bytes that they may take until then.
    cache_size: Option<(u64, f64)>,
}

/// Asks what to do with a recording that does not fit in memory.
pub(super) fn show(form: &mut TooBigForm, ctx: &Context, cx: &mut Cx<'_>) {
    let Some(waiting) = cx.session.too_big() else {
        form.every = 0;
        return;
    };
    let plan = &waiting.plan;
    let fitting = plan.every_that_fits.max(2);
    if form.every == 0 {
        form.every = fitting;
    }
    let (every, typed) = (&mut form.every, &mut form.cache_size);
    let (mut choice, mut limited, mut other_folder) = (None, None, false);
    let theme = cx.theme;
    modal("too big", cx.theme).show(ctx, |ui| {
        ui.set_width(520.0);
        heading(ui, &format!("{} does not fit in memory", waiting.name), cx.theme);
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
        cx.ask(cache_folder());
    }
    for command in limited.into_iter().chain(choice.map(Command::TooBig)) {
        cx.send(command);
    }
}

/// Asks for another folder for decoded frames.
fn cache_folder() -> Task {
    Task::new("folder for decoded frames", |state, ctx| {
        let wanted = PathWanted {
            title: "Choose a folder for decoded frames".into(),
            verb: "Choose",
            kind: PathKind::Folder,
            then: Box::new(|state, _, paths| {
                if let Some(path) = paths.into_iter().next() {
                    state.session.execute(Command::CacheFolder { path, limit: None });
                }
            }),
        };
        choose(state, ctx, wanted);
    })
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
