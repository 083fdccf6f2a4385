//! Where the program's bytes are.

use blitz_model::session::MemoryUse;
use blitz_model::text;
use egui::{Grid, Rect, Sense, Ui, pos2, vec2};

use crate::cx::Cx;

/// Seconds between two looks at the system's numbers.
const PERIOD: f64 = 0.5;

/// Bars of memory, looked up twice a second.
#[derive(Default)]
pub(super) struct MemoryBars {
    seen: Option<(f64, MemoryUse)>,
}

impl MemoryBars {
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let now = ui.input(|i| i.time);
        let memory = match self.seen {
            Some((at, memory)) if (0.0..PERIOD).contains(&(now - at)) => memory,
            _ => cx.session.memory(),
        };
        if self.seen.is_none_or(|(at, _)| !(0.0..PERIOD).contains(&(now - at))) {
            self.seen = Some((now, memory));
        }
        let rows = [
            ("Stack", Some(memory.stacks), "Frames held in memory"),
            (
                "Decoders",
                Some(memory.decoders),
                "Decoders of video, and pictures they keep for the next frames",
            ),
            (
                "Mapped",
                Some(memory.mapped),
                "Files that are mapped: the system's cache, which gives way to other needs",
            ),
            (
                "On disk",
                Some(memory.disk),
                "Frames decoded to the disk, read from there: the system's cache holds what was looked at last",
            ),
            (
                "Answers",
                Some(memory.answers),
                "Pictures, reductions, distributions and curves kept for coming back to; given back as stacks grow",
            ),
            ("References", Some(memory.references), "What the steps subtract or divide by"),
            ("Textures", cx.view.texture_bytes, "Pictures on the graphics card"),
            ("Rest", memory.rest(), "The program itself, and what its running jobs hold"),
            ("Program", memory.process, "Memory of the whole program, mapped files not counted"),
            ("Available", memory.available, "What the system can still give"),
        ];
        let full = memory.process.unwrap_or(memory.stacks) + memory.available.unwrap_or(0);
        let full = full.max(memory.mapped).max(memory.disk).max(1) as f64;
        let width = (ui.available_width() - 160.0).clamp(40.0, 220.0);
        Grid::new("memory").num_columns(3).spacing([10.0, 3.0]).show(ui, |ui| {
            for (name, bytes, tip) in rows {
                if name == "Decoders" && bytes == Some(0) {
                    continue;
                }
                ui.label(cx.theme.caption(name)).on_hover_text(tip);
                let (rect, _) = ui.allocate_exact_size(vec2(width, 9.0), Sense::hover());
                ui.painter().rect_filled(rect, 2.0, cx.theme.field);
                let share = (bytes.unwrap_or(0) as f64 / full).clamp(0.0, 1.0) as f32;
                if share > 0.0 {
                    let end = pos2(rect.left() + (share * width).max(2.0), rect.bottom());
                    let ink = if name == "Available" { cx.theme.pending } else { cx.theme.ready };
                    ui.painter().rect_filled(Rect::from_min_max(rect.min, end), 2.0, ink);
                }
                let mut value = bytes.map_or("not known".to_owned(), text::bytes);
                if name == "Answers" {
                    value = format!("{value} of {}", text::bytes(memory.allowance));
                }
                ui.label(cx.theme.number(value));
                ui.end_row();
            }
        });
    }
}
