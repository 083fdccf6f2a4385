//! Files and folders for the steps, asked for from their editors.

use blitz_model::document::{Edit, StepEdit};
use blitz_model::recipe::StepKind;
use blitz_model::session::Command;

use crate::path::choose;
use crate::state::{PathKind, PathWanted, State, Task};

/// Asks for a file or folder for file `part` of step `index`.
pub(crate) fn for_step(index: usize, part: usize, folder: bool) -> Task {
    Task::new(format!("file {part} of step {index}"), move |state, ctx| {
        let wanted = PathWanted {
            title: "Choose a file or folder for the step".into(),
            verb: "Choose",
            kind: if folder { PathKind::Folder } else { PathKind::File },
            then: Box::new(move |state, _, paths| {
                let step = state.session.current().and_then(|r| r.recipe().steps.get(index));
                if let (Some(step), Some(path)) = (step, paths.into_iter().next()) {
                    let mut kind = step.kind.clone();
                    kind.set_file(part, path);
                    edit(state, StepEdit::Change(index, kind));
                }
            }),
        };
        choose(state, ctx, wanted);
    })
}

/// Asks for the file that a new step needs, and adds the step with it.
pub(crate) fn add(kind: StepKind, heading: &'static str) -> Task {
    Task::new(format!("file of a new step {}", kind.name()), move |state, ctx| {
        let kind = kind.clone();
        let wanted = PathWanted {
            title: heading.into(),
            verb: "Choose",
            kind: PathKind::File,
            then: Box::new(move |state, _, paths| {
                if let Some(path) = paths.into_iter().next() {
                    let mut kind = kind;
                    kind.set_file(0, path);
                    edit(state, StepEdit::Add(kind));
                }
            }),
        };
        choose(state, ctx, wanted);
    })
}

fn edit(state: &mut State, edit: StepEdit) {
    state.session.execute(Command::Edit(Edit::Step(edit)));
    state.session.execute(Command::EndGesture);
}
