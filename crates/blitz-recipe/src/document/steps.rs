//! Edits of the recipe's steps.

use serde::{Deserialize, Serialize};

use super::EditError;
use crate::recipe::{InvalidEntry, Step, StepKind};

/// A change to the list of steps. Steps are named by their index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StepEdit {
    /// Adds a step behind the others.
    Add(StepKind),
    /// Changes what a step does.
    Change(usize, StepKind),
    /// Lets a step take part, or not.
    Enable(usize, bool),
    /// Lets all steps take part, or none.
    EnableAll(bool),
    /// Moves the step at the first index to the second.
    Move(usize, usize),
    /// Puts a copy of a step behind it.
    Duplicate(usize),
    /// Removes a step.
    Remove(usize),
    /// Removes all steps.
    Clear,
}

impl StepEdit {
    /// What the edit does, in words.
    pub(super) fn label(&self, steps: &[Step]) -> String {
        let name = |i: &usize| match steps.get(*i) {
            Some(step) => format!("{} (step {})", step.kind.title().to_lowercase(), i + 1),
            None => "step".to_owned(),
        };
        let switch = |on: &bool| if *on { "on" } else { "off" };
        match self {
            Self::Add(kind) => format!("add {}", kind.title().to_lowercase()),
            Self::Change(i, _) => format!("change {}", name(i)),
            Self::Enable(i, on) => format!("switch {} {}", switch(on), name(i)),
            Self::EnableAll(on) => format!("switch {} all steps", switch(on)),
            Self::Move(i, _) => format!("move {}", name(i)),
            Self::Duplicate(i) => format!("duplicate {}", name(i)),
            Self::Remove(i) => format!("remove {}", name(i)),
            Self::Clear => "remove all steps".into(),
        }
    }

    /// Changes the list.
    ///
    /// # Errors
    /// If there is no such step, or it would be one that cannot be written down.
    pub(super) fn apply(self, steps: &mut Vec<Step>) -> Result<(), EditError> {
        let there =
            |i: usize, steps: &[Step]| if i < steps.len() { Ok(()) } else { Err(EditError::NoStep(i + 1)) };
        match self {
            Self::Add(kind) => steps.push(Step::new(kind)),
            Self::Change(i, kind) => {
                there(i, steps)?;
                steps[i].kind = kind;
            }
            Self::Enable(i, on) => {
                there(i, steps)?;
                steps[i].enabled = on;
            }
            Self::EnableAll(on) => steps.iter_mut().for_each(|step| step.enabled = on),
            Self::Move(from, to) => {
                there(from, steps)?;
                there(to, steps)?;
                let step = steps.remove(from);
                steps.insert(to, step);
            }
            Self::Duplicate(i) => {
                there(i, steps)?;
                steps.insert(i + 1, steps[i].clone());
            }
            Self::Remove(i) => {
                there(i, steps)?;
                steps.remove(i);
            }
            Self::Clear => steps.clear(),
        }
        check(steps)
    }
}

/// Whether every step reads back from its text, so that a recipe can be saved and given to the command line.
pub(super) fn check(steps: &[Step]) -> Result<(), EditError> {
    for (i, step) in steps.iter().enumerate() {
        let text = step.to_string();
        let entry = || format!("step {} ({text})", i + 1);
        match text.parse::<Step>() {
            Ok(same) if same == *step => {}
            Ok(_) => {
                let why = "the text of the step means another one: choose another path or method";
                return Err(InvalidEntry::new(&entry(), why).into());
            }
            Err(error) => return Err(InvalidEntry::new(&entry(), error).into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocState, Edit};
    use crate::recipe::Filter;
    use crate::recipe::step::{Limits, Mask, Smooth, ZoneMask};

    fn names(state: &DocState) -> Vec<String> {
        state.recipe.steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn steps_are_added_changed_moved_copied_and_removed() {
        let mut state = DocState::default();
        let mut does = |edit: StepEdit, label: &str, expected: &[&str]| {
            let edit = Edit::Step(edit);
            assert_eq!(edit.label(&state), label);
            state = edit.apply(&state).expect("valid");
            assert_eq!(names(&state), expected, "{label}");
        };
        let smooth = |n| StepKind::from(Smooth { filter: Filter::Box(n) });
        let limits = Limits { lo: Some(1.0), hi: None }.into();
        does(StepEdit::Add(smooth(3)), "add smooth in space", &["smooth box,3"]);
        does(StepEdit::Add(limits), "add limits", &["smooth box,3", "limits 1:"]);
        does(
            StepEdit::Change(0, smooth(5)),
            "change smooth in space (step 1)",
            &["smooth box,5", "limits 1:"],
        );
        does(StepEdit::Move(0, 1), "move smooth in space (step 1)", &["limits 1:", "smooth box,5"]);
        does(StepEdit::Enable(0, false), "switch off limits (step 1)", &["off limits 1:", "smooth box,5"]);
        let twice = ["off limits 1:", "off limits 1:", "smooth box,5"];
        does(StepEdit::Duplicate(0), "duplicate limits (step 1)", &twice);
        does(StepEdit::Remove(1), "remove limits (step 2)", &["off limits 1:", "smooth box,5"]);
        does(StepEdit::EnableAll(false), "switch off all steps", &["off limits 1:", "off smooth box,5"]);
        does(StepEdit::Clear, "remove all steps", &[]);
    }

    #[test]
    fn what_cannot_be_written_down_is_refused() {
        let state = DocState::default();
        let refused = |edit: StepEdit| Edit::Step(edit).apply(&state).expect_err("refused").to_string();
        let even = refused(StepEdit::Add(Smooth { filter: Filter::Box(4) }.into()));
        assert!(even.contains("step 1 (smooth box,4)") && even.contains("odd"), "{even}");
        let empty = refused(StepEdit::Add(Mask::default().into()));
        assert!(empty.contains("a picture file"), "{empty}");
        assert!(refused(StepEdit::Remove(3)).contains("no step number 4"));
        assert!(refused(StepEdit::Move(0, 1)).contains("no step number 1"));
    }

    #[test]
    fn a_zone_mask_follows_its_zone_s_name() {
        use crate::document::ZoneEdit;
        let pixel = blitz_core::ZoneShape::Pixel { x: 1, y: 2 };
        let mut state = DocState::default();
        for edit in [
            Edit::Zone(ZoneEdit::Add(pixel)),
            Edit::Step(StepEdit::Add(ZoneMask { zone: "A".into() }.into())),
            Edit::Zone(ZoneEdit::Rename(0, "jet".into())),
        ] {
            state = edit.apply(&state).expect("valid");
        }
        assert_eq!(names(&state), ["zone jet"]);
    }
}
