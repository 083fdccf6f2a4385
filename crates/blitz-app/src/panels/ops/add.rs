//! Steps that can be added, with defaults that do something at once.

use blitz_model::recipe::StepKind;
use blitz_model::recipe::step::{Start, Suggested};
use blitz_model::session::Recording;
use egui::{Button, Ui};

use crate::cx::Cx;
use crate::step_file;

/// What a new step may start with.
pub(super) fn suggested(cx: &Cx<'_>, recording: &Recording) -> Suggested {
    let zones = &recording.recipe().zones;
    let zone = recording.state().selected_zone.and_then(|i| zones.get(i)).or(zones.first());
    Suggested {
        range: cx.view.range_of(recording.stack().id),
        levels: cx.levels().map(|l| (l.lo, l.hi)).filter(|(lo, hi)| lo < hi),
        zone: zone.map(|zone| zone.name.clone()),
    }
}

/// The menu's lines; the step chosen.
pub(super) fn menu(ui: &mut Ui, cx: &mut Cx<'_>, recording: &Recording) -> Option<StepKind> {
    let suggested = suggested(cx, recording);
    let (mut chosen, mut group) = (None, None);
    for kind in StepKind::all() {
        let about = kind.about();
        if group.replace(about.group).is_some_and(|before| before != about.group) {
            ui.separator();
        }
        let start = kind.start(&suggested);
        let (label, missing) = match start {
            Start::Ready(_) => (about.title.to_owned(), ""),
            Start::File(_) => (format!("{}…", about.title), ""),
            Start::Not(why) => (about.title.to_owned(), why),
        };
        let button = Button::new(label).wrap_mode(egui::TextWrapMode::Extend);
        let button = ui.add_enabled(missing.is_empty(), button).on_hover_text(about.hint);
        if button.on_disabled_hover_text(missing).clicked() {
            match start {
                Start::Ready(step) => chosen = Some(step),
                Start::File(heading) => cx.ask(step_file::add(kind.clone(), heading)),
                Start::Not(_) => {}
            }
            ui.close();
        }
    }
    chosen
}
