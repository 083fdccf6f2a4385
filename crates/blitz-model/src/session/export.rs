//! Saving what a view shows, by the engine.

use std::collections::HashMap;
use std::sync::Arc;

use super::Session;
use crate::engine::{Export, ExportOrder, JobKey, Undecided};
use crate::export::ExportRequest;
use crate::jobs::Jobs;
use crate::lane::Lanes;
use crate::table::CurveColumn;

/// Who is asked what an export has left undecided.
type Ask = Box<dyn FnOnce(Undecided) + Send>;

/// What is written under way.
pub(super) struct Tasks {
    /// What takes time beside the engine's work, such as saving what is drawn.
    pub(super) own: Jobs<JobKey, Result<String, String>>,
    asks: HashMap<JobKey, Ask>,
}

impl Tasks {
    pub(super) fn new(wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { own: Jobs::new(wake, Lanes::default()), asks: HashMap::new() }
    }

    pub(super) fn ask(&mut self, job: JobKey, undecided: Undecided) {
        if let Some(ask) = self.asks.remove(&job) {
            ask(undecided);
        }
    }

    pub(super) fn ended(&mut self, job: JobKey) {
        self.asks.remove(&job);
    }
}

impl Session {
    /// Writes what the recipe makes of the recording shown: the first picture of its reduction, or every frame
    /// of its timeline. A file that is there is replaced once the new one is complete; nothing is left behind
    /// when the task is stopped or fails. The log says what was written, or why nothing was; `ask` gets what only a
    /// person can decide, while the session is polled.
    pub fn export(&mut self, request: ExportRequest, ask: impl FnOnce(Undecided) + Send + 'static) {
        let Some(recording) = self.current() else { return };
        if !recording.is_whole() {
            let name = recording.stack.name.clone();
            return self.log.error(&format!(
                "{name}: only its first frame is there; export it when the others are found"
            ));
        }
        if let Some(job) = self.write(Export::Result(request)) {
            self.tasks.asks.insert(job, Box::new(ask));
        }
    }

    /// Writes the curves of all zones of the recording shown over its timeline, as a table with a column for each of
    /// `stats`. The log says what was written.
    pub fn export_curves(&mut self, path: std::path::PathBuf, stats: Vec<CurveColumn>) {
        let Some(recording) = self.current() else { return };
        if recording.is_preview() {
            return self.log.error("a preview is not measured: save curves when the recording is there");
        }
        if recording.recipe().zones.is_empty() {
            return self.log.error("there is no zone: add one on the picture, its curve is then saved");
        }
        let time = recording.time();
        self.write(Export::Curves { path, time, stats });
    }

    fn write(&mut self, what: Export) -> Option<JobKey> {
        let recording = self.current()?;
        let order = ExportOrder { stack: recording.stack.id, recipe: recording.recipe().clone(), what };
        let job = JobKey::Task(self.next_id());
        self.engine.get_mut().export(job, order);
        Some(job)
    }
}
