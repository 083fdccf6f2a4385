//! Everything around the panels: menus, summary line, strip, status, dialogs, keys.

mod drop;
mod empty;
mod help;
mod keys;
mod menus;
mod notice;
mod palette;
mod path_dialog;
mod raw;
mod status;
mod strip;
mod summary;
mod too_big;

use blitz_model::session::{JobKey, opening_words};
use egui::{Context, Panel, Ui};

use crate::cx::Cx;
use crate::export;
use crate::panels::info::calibration::CalibrationForm;
use crate::state::{Dialogs, Mailbox, Page};
use notice::Notice;
use raw::RawForm;
use too_big::TooBigForm;

pub(crate) use drop::{dropped, take_dropped};
pub(crate) use keys::keys;

/// State of everything around the panels.
#[derive(Default)]
pub(crate) struct Shell {
    calibration: CalibrationForm,
    /// The path typed on the empty window.
    typed: String,
    too_big: TooBigForm,
    raw: RawForm,
    notice: Notice,
}

impl Shell {
    /// The bars above and below the panels.
    pub(crate) fn bars(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.notice.collect(cx.session);
        let frame = cx.theme.bar_frame();
        Panel::top("menus").frame(frame).show_separator_line(false).show(ui, |ui| {
            egui::MenuBar::new().ui(ui, |ui| {
                menus::show(ui, cx);
                summary::show(ui, cx, &mut self.calibration);
            });
        });
        if strip::is_needed(cx) {
            let frame = frame.fill(cx.theme.frame);
            Panel::top("strip").frame(frame).show_separator_line(false).show(ui, |ui| strip::draw(ui, cx));
        }
        if cx.recording().is_some() {
            self.notice.bar(ui, cx);
        }
        Panel::bottom("status").frame(frame).show_separator_line(false).show(ui, |ui| status::draw(ui, cx));
    }

    /// The window before anything is open.
    pub(crate) fn empty(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        empty::show(ui, cx, &mut self.typed, &mut self.notice);
    }

    /// The dialogs that are open.
    pub(crate) fn dialogs(&mut self, open: &mut Dialogs, mailbox: &Mailbox, ctx: &Context, cx: &mut Cx<'_>) {
        too_big::show(&mut self.too_big, ctx, cx);
        raw::show(&mut self.raw, ctx, cx);
        path_dialog::show(&mut open.path, mailbox, ctx, cx);
        export::dialog::show(&mut open.export, mailbox, ctx, cx);
        drop::question(&mut open.dropped, mailbox, ctx, cx);
        let closed = match &mut open.page {
            None => false,
            Some(Page::Help) => help::keys(ctx, cx),
            Some(Page::About) => help::about(ctx, cx),
            Some(Page::Palette(palette)) => palette::show(palette, ctx, cx),
        };
        if closed {
            open.page = None;
        }
        drop::hint(ctx, cx);
    }
}

/// How far the opening under way has come, to be put behind its name: `: listing, 41,000 files so far`.
fn found_so_far(cx: &Cx<'_>) -> String {
    let job = cx.session.jobs().into_iter().find(|job| matches!(job.key, JobKey::Open(_)));
    let words = job.map(|job| opening_words(job.progress)).unwrap_or_default();
    if words.is_empty() { words } else { format!(": {words}") }
}

/// The title of the window.
pub(crate) fn title(recording: Option<&str>) -> String {
    recording.map_or_else(|| "BLITZ".to_owned(), |name| format!("BLITZ – {name}"))
}
