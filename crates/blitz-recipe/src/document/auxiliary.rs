//! Edits of the curves recorded beside the recording.

use serde::{Deserialize, Serialize};

use super::EditError;
use crate::recipe::Auxiliary;

/// A change to the list of auxiliary curves. They are named by their index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AuxiliaryEdit {
    /// Adds curves behind the others.
    Add(Vec<Auxiliary>),
    /// Changes one.
    Change(usize, Box<Auxiliary>),
    /// Removes one.
    Remove(usize),
}

impl AuxiliaryEdit {
    /// What the edit does, in words.
    pub(super) fn label(&self, curves: &[Auxiliary]) -> String {
        let name = |i: &usize| curves.get(*i).map_or_else(|| "curve".to_owned(), Auxiliary::title);
        match self {
            Self::Add(new) => {
                format!("add curve {}", new.first().map_or_else(String::new, Auxiliary::title))
            }
            Self::Change(i, new) => {
                let verb = match curves.get(*i) {
                    Some(old) if new.hidden && !old.hidden => "hide",
                    Some(old) if !new.hidden && old.hidden => "show",
                    _ => "change",
                };
                format!("{verb} curve {}", name(i))
            }
            Self::Remove(i) => format!("remove curve {}", name(i)),
        }
    }

    /// Changes the list.
    ///
    /// # Errors
    /// If there is no such curve.
    pub(super) fn apply(self, curves: &mut Vec<Auxiliary>) -> Result<(), EditError> {
        match self {
            Self::Add(new) => curves.extend(new),
            Self::Change(i, new) => *curves.get_mut(i).ok_or(EditError::NoCurve(i + 1))? = *new,
            Self::Remove(i) if i < curves.len() => {
                curves.remove(i);
            }
            Self::Remove(i) => return Err(EditError::NoCurve(i + 1)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocState, Edit};

    #[test]
    fn curves_are_added_changed_and_removed() {
        let mut state = DocState::default();
        let mut does = |edit: AuxiliaryEdit, label: &str, expected: &[&str]| {
            let edit = Edit::Auxiliary(edit);
            assert_eq!(edit.label(&state), label);
            state = edit.apply(&state).expect("valid");
            let texts: Vec<String> = state.recipe.auxiliary.iter().map(ToString::to_string).collect();
            assert_eq!(texts, expected, "{label}");
        };
        let curve = |text: &str| text.parse::<Auxiliary>().expect("valid");
        let two = vec![curve("a.csv:column=U"), curve("b.csv")];
        does(AuxiliaryEdit::Add(two), "add curve U", &["a.csv:column=U", "b.csv"]);
        let hidden = Box::new(curve("b.csv:hidden"));
        does(AuxiliaryEdit::Change(1, hidden), "hide curve b.csv", &["a.csv:column=U", "b.csv:hidden"]);
        let shifted = Box::new(curve("a.csv:column=U:offset=2"));
        does(
            AuxiliaryEdit::Change(0, shifted),
            "change curve U",
            &["a.csv:column=U:offset=2", "b.csv:hidden"],
        );
        does(AuxiliaryEdit::Remove(0), "remove curve U", &["b.csv:hidden"]);

        let wrong = Auxiliary { smooth: 4, ..curve("c.csv") };
        let refused = Edit::Auxiliary(AuxiliaryEdit::Add(vec![wrong])).apply(&state).expect_err("even");
        assert!(refused.to_string().contains("auxiliary 2 ('c.csv').smooth: 4 found"), "{refused}");
        for edit in [AuxiliaryEdit::Remove(1), AuxiliaryEdit::Change(7, Box::new(curve("a.csv")))] {
            assert!(matches!(Edit::Auxiliary(edit).apply(&state), Err(EditError::NoCurve(_))));
        }
    }
}
