//! The recording that a command works on.

mod files;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use blitz_core::{Stack, TimeAxis};
use blitz_io::{FrameSource, OutputError, Overwrite, readable_suffixes, replaced_file, write_atomic};
use blitz_model::evaluate::{EvalContext, Question, Reduce, evaluate};
use blitz_model::export::{
    ExportError, ExportRequest, Exported, Reduced, export, export_reduction, replaced_reference,
};
use blitz_model::load::{DiskCache, IfTooBig, Opened};
use blitz_model::recipe::{InvalidEntry, Recipe};
use blitz_model::text;

use crate::failure::{Failure, Status, advice};
use crate::output::check_free;
use crate::shell::{Shell, is_stdout};

/// What to open, how, and which outputs may be replaced.
#[derive(Debug)]
pub(crate) struct Input {
    /// A file, a folder, or several files.
    pub(crate) paths: Vec<PathBuf>,
    /// Recipe file and flags together; valid by itself.
    pub(crate) recipe: Recipe,
    /// Bytes that may be used; `None` leaves it to the program.
    pub(crate) max_ram: Option<u64>,
    /// What to do where the recording is loaded and does not fit.
    pub(crate) if_too_big: IfTooBig,
    /// Where decoded frames may be kept on disk.
    pub(crate) cache: DiskCache,
    /// Where to write the recipe.
    pub(crate) save_recipe: Option<PathBuf>,
    /// Whether existing files are replaced.
    pub(crate) force: bool,
    /// Outputs that were checked: none of them may be a file of the recording.
    pub(crate) outputs: RefCell<Vec<PathBuf>>,
}

impl Input {
    /// The path that messages name.
    pub(crate) fn path(&self) -> &Path {
        self.paths.first().map_or(Path::new("the recording"), PathBuf::as_path)
    }

    pub(crate) fn overwrite(&self) -> Overwrite {
        if self.force { Overwrite::Replace } else { Overwrite::Refuse }
    }

    /// Refuses before any work what would fail after it: outputs that exist or have the same name.
    pub(crate) fn check_outputs(&self, outputs: &[&Path]) -> Result<(), Failure> {
        let all: Vec<&Path> =
            outputs.iter().copied().chain(self.save_recipe.as_deref()).filter(|p| !is_stdout(p)).collect();
        for (i, path) in all.iter().enumerate() {
            if all[..i].contains(path) {
                return Err(Failure::new(format!(
                    "{}: named for two outputs; give each its own",
                    path.display()
                )));
            }
            check_free(path, self.overwrite())?;
            self.spare_named(path)?;
        }
        self.outputs.borrow_mut().extend(all.into_iter().map(Path::to_path_buf));
        Ok(())
    }

    /// Refuses what is seen without opening: an output that is one of the files named, or a recipe among the pictures of
    /// a folder.
    fn spare_named(&self, output: &Path) -> Result<(), OutputError> {
        let Ok(real) = std::fs::canonicalize(output) else { return Ok(()) };
        if let Some(file) = replaced_reference(output, &self.recipe) {
            return Err(OutputError::IsRead { path: output.to_path_buf(), file });
        }
        let is_picture = readable_suffixes().any(|suffix| suffix == crate::output::suffix(&real));
        let is_odd = is_picture && self.save_recipe.as_deref() == Some(output);
        let read = self.paths.iter().filter_map(|path| std::fs::canonicalize(path).ok());
        let mut hit = read.filter(|path| *path == real || (is_odd && real.parent() == Some(path)));
        match hit.next() {
            Some(_) => Err(OutputError::IsRead { path: output.to_path_buf(), file: real }),
            None => Ok(()),
        }
    }

    /// Refuses outputs that are files of the open recording.
    fn spare_read(&self, source: &dyn FrameSource) -> Result<(), OutputError> {
        for path in &*self.outputs.borrow() {
            if let Some(file) = replaced_file(path, source, source.info().frames) {
                return Err(OutputError::IsRead { path: path.clone(), file });
            }
        }
        Ok(())
    }

    /// Writes the recipe where `--save-recipe` says.
    pub(crate) fn save_recipe(&self) -> Result<(), OutputError> {
        let Some(path) = &self.save_recipe else { return Ok(()) };
        write_atomic(path, self.overwrite(), |out| out.write_all(self.recipe.to_toml().as_bytes()))
    }

    /// Opens the recording as a stack that decodes on demand (or reads what was decoded to the disk), and says what a person must know of it.
    pub(crate) fn open(&self, shell: &Shell) -> Result<Recording, Failure> {
        let watch = shell.watch();
        let (recipe, path) = (self.recipe.clone(), self.path().to_path_buf());
        let mut opened =
            Opened::open(&self.paths, &recipe.load, self.max_ram, &shell.cancel, &shell.progress)
                .map_err(|error| Failure::opening(&path, error))?;
        self.spare_read(opened.source.as_ref())?;
        let stack = opened.cached(&self.cache).unwrap_or_else(|| opened.stream());
        let entry = |error: &InvalidEntry| Failure::entry(Some(&path), error);
        recipe.validate_for(&stack).map_err(|error| entry(&error))?;
        let time = recipe
            .calibration
            .time(&stack)
            .map_err(|error| entry(&InvalidEntry::new("calibration.fps", error)))?;
        drop(watch);
        let files = files::Files::of(opened.source.as_ref());
        files::Files::note_beside(&self.paths, &self.outputs.borrow(), shell);
        for note in &opened.source.info().notes {
            shell.note(note);
        }
        if let Some(scale) = opened.chain.scale_text() {
            shell.note(&scale);
        }
        let defaults = EvalContext::default();
        let context = EvalContext {
            cancel: shell.cancel.clone(),
            progress: shell.progress.clone(),
            scratch_bytes: self.max_ram.map_or(defaults.scratch_bytes, |bytes| bytes / 2),
            references: defaults.references,
            ..EvalContext::default()
        };
        Ok(Recording { path, opened, stack, recipe, time, context, files })
    }
}

/// An open recording with its recipe.
pub(crate) struct Recording {
    path: PathBuf,
    pub(crate) opened: Opened,
    pub(crate) stack: Stack,
    pub(crate) recipe: Recipe,
    /// Times over source frames.
    pub(crate) time: TimeAxis,
    context: EvalContext,
    files: files::Files,
}

impl Recording {
    /// Answers a question about the recording as its recipe says.
    pub(crate) fn ask<Q: Question>(&self, question: &Q, shell: &Shell) -> Result<Q::Answer, Failure> {
        let _watch = shell.watch();
        let answer = evaluate(&self.stack, &self.recipe, question, &self.context)
            .map_err(|error| Failure::evaluating(&self.path, error))?;
        self.note_lost_values(shell);
        Ok(answer)
    }

    /// Reduces the recording and writes the numbers.
    pub(crate) fn reduce(
        &self,
        reduce: &Reduce,
        output: Option<&Path>,
        overwrite: Overwrite,
        shell: &Shell,
    ) -> Result<Reduced, Failure> {
        let watch = shell.watch();
        let written = export_reduction(&self.stack, &self.recipe, reduce, output, overwrite, &self.context)
            .map_err(|error| self.not_exported(error))?;
        drop(watch);
        self.note_lost_values(shell);
        for note in &written.notes {
            shell.note(note);
        }
        Ok(written)
    }

    /// Writes what the recipe makes of the frames.
    pub(crate) fn export(&self, request: &ExportRequest, shell: &Shell) -> Result<Exported, Failure> {
        let _watch = shell.watch();
        export(&self.stack, &self.recipe, request, &self.context).map_err(|error| self.not_exported(error))
    }

    fn not_exported(&self, error: ExportError) -> Failure {
        match error {
            ExportError::Eval(error) => Failure::evaluating(&self.path, error),
            ExportError::Output(error) => error.into(),
            // These name the output.
            own @ (ExportError::Nothing(_) | ExportError::Missing { .. }) => Failure::new(own.to_string()),
            other => self.failure(&advice(&other).unwrap_or_else(|| other.to_string())),
        }
    }

    /// Says how many missing values the conversion to integers that was asked for has lost so far.
    /// Names references that were used in part, too.
    pub(crate) fn note_lost_values(&self, shell: &Shell) {
        for note in self.context.references.take_notes() {
            shell.note(&note);
        }
        let lost = self.opened.chain.lost_missing();
        if lost > 0 {
            let values = text::count(lost as usize, "missing value");
            shell.note(&format!("{values} (NaN) became 0, because integers were asked for"));
        }
        let clipped = self.opened.chain.clipped();
        if clipped > 0 {
            let values = text::count(clipped as usize, "value");
            shell.note(&format!("{values} outside of the scale became 0 or 255 (--8bit LO:HI)"));
        }
    }

    /// The status of a command that is done, if no file of the recording was written meanwhile.
    pub(crate) fn unchanged(&self, status: Status) -> Status {
        self.files.unchanged(status)
    }

    /// A failure that names the recording.
    pub(crate) fn failure(&self, message: &str) -> Failure {
        Failure::new(format!("{}: {message}", self.path.display()))
    }

    /// The stack frame that source frame `source` became.
    pub(crate) fn stack_frame(&self, source: usize) -> Result<usize, Failure> {
        let (map, frames) = (self.stack.frames, self.stack.shape().frames);
        let frame = map.stack_at_or_after(source);
        if frame < frames && map.source(frame) == source {
            return Ok(frame);
        }
        let taken = self.describe(&(0..frames).collect::<Vec<_>>());
        Err(self.failure(&if source >= self.stack.source_frames {
            format!("--frame: there is no frame {source}: the recording has {taken}")
        } else {
            let nearest = map.source(map.nearest(source, frames));
            format!(
                "--frame: frame {source} is not taken: --every and --frames take {taken}; the nearest is {nearest}"
            )
        }))
    }

    /// Stack frames in words, as source frames: `frames 0–99 (100 frames)`.
    pub(crate) fn describe(&self, frames: &[usize]) -> String {
        text::frames(&self.stack, frames)
    }

    /// What values are, for labels: `value / K`, or `value`.
    pub(crate) fn value_label(&self) -> String {
        match self.unit() {
            Some(unit) => format!("value / {unit}"),
            None => "value".to_owned(),
        }
    }

    /// Unit of the values: the recipe's, else the container's.
    pub(crate) fn unit(&self) -> Option<&str> {
        self.recipe.calibration.unit.as_deref().or(self.stack.unit.as_deref())
    }
}
