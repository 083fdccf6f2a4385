//! Undo and redo.

use std::sync::Arc;

use super::DocState;

/// Earlier states kept.
const DEPTH: usize = 200;

/// The present state with its past and future.
#[derive(Clone, Debug, Default)]
pub struct History {
    past: Vec<(Arc<DocState>, String)>,
    present: Arc<DocState>,
    future: Vec<(Arc<DocState>, String)>,
    /// Kind of the edit that made the present and may still be continued.
    open: Option<String>,
}

impl History {
    /// A history that starts at `state`.
    pub fn new(state: DocState) -> Self {
        Self { present: Arc::new(state), ..Self::default() }
    }

    /// The present.
    pub fn state(&self) -> &Arc<DocState> {
        &self.present
    }

    /// Makes `state` the present. `label` says in words what was done; consecutive changes with the same
    /// label are one step until [`History::close`], so that a drag is undone at once.
    pub fn push(&mut self, state: DocState, label: String) {
        if state == *self.present {
            return;
        }
        let before = std::mem::replace(&mut self.present, Arc::new(state));
        self.future.clear();
        if self.open.as_deref() == Some(&label) {
            return;
        }
        self.past.push((before, label.clone()));
        if self.past.len() > DEPTH {
            self.past.remove(0);
        }
        self.open = Some(label);
    }

    /// Ends a drag or a typed entry: the next change is a step of its own.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Changes the present without a step: for what the program itself fills in (the first zone).
    pub fn amend(&mut self, state: DocState) {
        self.present = Arc::new(state);
    }

    /// What undo would take back, in words.
    pub fn undo_label(&self) -> Option<&str> {
        self.past.last().map(|(_, label)| label.as_str())
    }

    /// What redo would do again, in words.
    pub fn redo_label(&self) -> Option<&str> {
        self.future.last().map(|(_, label)| label.as_str())
    }

    /// One step back; whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some((state, label)) = self.past.pop() else { return false };
        let undone = std::mem::replace(&mut self.present, state);
        self.future.push((undone, label));
        self.open = None;
        true
    }

    /// One step forward again; whether there was one.
    pub fn redo(&mut self) -> bool {
        let Some((state, label)) = self.future.pop() else { return false };
        let before = std::mem::replace(&mut self.present, state);
        self.past.push((before, label));
        self.open = None;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_trim(trim: f64) -> DocState {
        let mut state = DocState::default();
        state.display.trim = trim;
        state
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut history = History::new(with_trim(0.0));
        for trim in [1.0, 2.0, 3.0] {
            history.push(with_trim(trim), "trim".into());
        }
        history.close();
        history.push(with_trim(9.0), "trim".into());
        assert!(history.undo());
        assert_eq!(history.state().display.trim, 3.0);
        assert!(history.undo());
        assert_eq!(history.state().display.trim, 0.0);
        assert!(!history.undo());
        assert!(history.redo() && history.redo() && !history.redo());
        assert_eq!(history.state().display.trim, 9.0);
    }

    #[test]
    fn a_new_change_forgets_the_future_and_nothing_is_no_step() {
        let mut history = History::new(with_trim(0.0));
        history.push(with_trim(1.0), "a".into());
        history.undo();
        history.push(with_trim(2.0), "b".into());
        assert!(!history.redo());
        history.push(with_trim(2.0), "c".into());
        assert_eq!(history.undo_label(), Some("b"));
    }
}
