//! Exporting the result: what is asked before, and what the model is told.

use std::path::PathBuf;

use blitz_core::{DType, Rational, TimeAxis};
use blitz_model::export::{
    DEFAULT_RATE, ExportRequest, Gaps, MarkChoice, Pictures, VideoRequest, shown_pixel,
};
use blitz_model::output::is_video;
use blitz_model::session::{Recording, Undecided};
use egui::{Button, Context, DragValue, Key, Label, Ui};

use super::dialogs::{heading, modal};
use super::{Event, Shell, save};
use crate::app::App;
use crate::cx::Cx;

/// What stands in the place of frames that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GapChoice {
    /// NaN, or the colour for missing values.
    Missing,
    /// Nothing.
    Skip,
    /// A value.
    Fill,
}

/// What a person decides about an export.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExportChoice {
    path: PathBuf,
    gaps: GapChoice,
    fill: f64,
    /// Type in which missing values are NaN, where the result has none.
    float: Option<DType>,
    /// For videos: values instead of pictures.
    values: bool,
    /// Frames per second to play; `None` takes the recording's times.
    rate: Option<f64>,
    bar: bool,
    scale: bool,
    stamp: bool,
    zones: bool,
}

/// The question that is open, and why it is asked.
pub(super) struct ExportDialog {
    choice: ExportChoice,
    /// A frame that failed.
    reason: Option<String>,
}

impl ExportChoice {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            gaps: GapChoice::Missing,
            fill: 0.0,
            float: None,
            values: false,
            rate: None,
            bar: false,
            scale: false,
            stamp: false,
            zones: false,
        }
    }

    fn is_video(&self) -> bool {
        is_video(&self.path)
    }

    fn draws(&self) -> bool {
        self.is_video() && !self.values
    }
}

/// Begins an export to `path`: at once where nothing is to be decided, otherwise a question comes first.
pub(super) fn chosen(app: &mut App, path: PathBuf) {
    let Some(recording) = app.session.current() else { return };
    let counts = recording.frame_counts();
    if counts.pending > 0 {
        let left = blitz_model::text::count(counts.pending, "frame");
        app.session.log_mut().error(&format!("{left} are not loaded yet: export when all are there"));
        return;
    }
    let choice = ExportChoice::new(path);
    let all_frames = recording.recipe().reduction.is_none();
    if !(all_frames && (choice.is_video() || counts.failed > 0)) {
        begin(app, &choice);
        return;
    }
    let reason = (counts.failed > 0)
        .then(|| format!("{} failed to load.", blitz_model::text::count(counts.failed, "frame")));
    let dtype = recording.stack().dtype();
    let float = (recording.recipe().shows_source() && !dtype.is_float()).then(|| dtype.result());
    app.shell.export = Some(ExportDialog { choice: ExportChoice { float, ..choice }, reason });
}

/// Asks what an export has left undecided.
pub(super) fn ask_again(app: &mut App, undecided: Undecided) {
    let Undecided { request, fault, dtype } = undecided;
    let choice = ExportChoice {
        values: request.video.pictures.is_none(),
        rate: request.video.rate.map(Rational::to_f64),
        float: Some(dtype.result()),
        ..ExportChoice::new(request.output)
    };
    app.shell.export = Some(ExportDialog { choice, reason: Some(format!("{fault}.")) });
}

/// Hands the export to the session.
pub(super) fn begin(app: &mut App, choice: &ExportChoice) {
    match request(app, choice) {
        Ok(request) => {
            let sender = app.shell.sender.clone();
            // The window may be gone: then nobody is asked.
            let ask = move |undecided| drop(sender.send(Event::Undecided(Box::new(undecided))));
            app.session.export(request, ask);
        }
        Err(reason) => app.session.log_mut().error(&reason),
    }
}

fn request(app: &App, choice: &ExportChoice) -> Result<ExportRequest, String> {
    let recording = app.session.current().ok_or("nothing is open")?;
    let gaps = match choice.gaps {
        GapChoice::Missing => Gaps::Missing,
        GapChoice::Skip => Gaps::Skip,
        GapChoice::Fill => Gaps::Fill(choice.fill),
    };
    let asks_float = choice.gaps == GapChoice::Missing && !choice.is_video();
    let rate = choice.rate.and_then(|rate| Rational::new((rate * 1000.0).round().max(1.0) as u64, 1000));
    let pictures = if choice.draws() && recording.recipe().reduction.is_none() {
        Some(pictures(app, recording, choice)?)
    } else {
        None
    };
    Ok(ExportRequest {
        gaps,
        dtype: choice.float.filter(|_| asks_float),
        video: VideoRequest { rate, pictures },
        ..ExportRequest::new(choice.path.clone())
    })
}

/// Frames in the colours and levels that are shown now.
fn pictures(app: &App, recording: &Recording, choice: &ExportChoice) -> Result<Pictures, String> {
    let levels = app.session.levels(app.session.focused()).filter(|levels| levels.current);
    let levels = levels.ok_or("the levels are still being computed: export when they are there")?;
    let marks = MarkChoice { scale_bar: choice.scale, stamp: choice.stamp, zones: choice.zones };
    let style = save::style(app, recording, levels, choice.bar, marks);
    style.pictures(recording.stack(), recording.recipe()).map_err(|error| error.to_string())
}

impl Shell {
    /// Asks what is to be decided about an export.
    pub(super) fn export_dialog(&mut self, ctx: &Context, cx: &mut Cx<'_>) {
        let Some(dialog) = &mut self.export else { return };
        let Some(recording) = cx.recording() else {
            self.export = None;
            return;
        };
        let choice = &mut dialog.choice;
        let (mut accepted, mut closed) = (false, false);
        modal("export", cx).show(ctx, |ui| {
            ui.set_width(460.0);
            let file = choice.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            heading(ui, &format!("Export {file}"), cx);
            if choice.is_video() {
                video_rows(ui, choice, recording, cx);
                ui.add_space(cx.theme.space);
            }
            if let Some(reason) = &dialog.reason {
                ui.add(Label::new(reason).wrap());
                ui.add_space(cx.theme.gap);
            }
            gap_rows(ui, choice, cx);
            ui.add_space(cx.theme.space);
            ui.horizontal(|ui| {
                accepted = ui.add(Button::new("Export").fill(cx.theme.accent_soft)).clicked();
                closed = ui.button("Cancel").clicked() || ui.input(|i| i.key_pressed(Key::Escape));
            });
        });
        if accepted {
            drop(self.sender.send(Event::Export(Box::new(choice.clone()))));
            ctx.request_repaint();
        }
        if accepted || closed {
            self.export = None;
        }
    }
}

fn video_rows(ui: &mut Ui, choice: &mut ExportChoice, recording: &Recording, cx: &Cx<'_>) {
    ui.radio_value(&mut choice.values, false, "Pictures as shown")
        .on_hover_text("Levels and colours as they are now; plays everywhere");
    ui.indent("marks", |ui| {
        ui.add_enabled_ui(!choice.values, |ui| {
            ui.horizontal_wrapped(|ui| {
                let grey = !recording.stack().is_rgb();
                ui.add_enabled(grey, egui::Checkbox::new(&mut choice.bar, "Colour bar"))
                    .on_disabled_hover_text("Red, green and blue have no colour map");
                let sized = shown_pixel(recording.stack(), recording.recipe()).is_some();
                ui.add_enabled(sized, egui::Checkbox::new(&mut choice.scale, "Scale bar"))
                    .on_disabled_hover_text("The size of a pixel is not known: set it in Info");
                ui.checkbox(&mut choice.stamp, "Frame and time");
                let zones = !recording.recipe().zones.is_empty();
                ui.add_enabled(zones, egui::Checkbox::new(&mut choice.zones, "Zones"));
            });
        });
    });
    ui.radio_value(&mut choice.values, true, "Values without loss")
        .on_hover_text("u8 and u16, grey or RGB, as FFV1 in .mkv or .avi");
    ui.add_space(cx.theme.gap);
    ui.horizontal(|ui| {
        let time = recording.time();
        let own = match (time.rate(), time) {
            // Of the frames that are here: a thinned recording plays in its own time.
            (Some(rate), _) => {
                let rate = rate / recording.stack().frames.step as f64;
                format!("Recording's rate ({} frames/s)", (rate * 1000.0).round() / 1000.0)
            }
            (_, TimeAxis::NotSet) => format!("{DEFAULT_RATE} frames/s (rate not set)"),
            _ => "Recording's times".to_owned(),
        };
        if ui.radio(choice.rate.is_none(), own).clicked() {
            choice.rate = None;
        }
        if ui.radio(choice.rate.is_some(), "Play at").clicked() {
            choice.rate.get_or_insert(25.0);
        }
        let mut rate = choice.rate.unwrap_or(25.0);
        let field = DragValue::new(&mut rate).range(0.01..=1000.0).suffix(" frames/s");
        if ui.add_enabled(choice.rate.is_some(), field).changed() {
            choice.rate = Some(rate);
        }
    });
}

fn gap_rows(ui: &mut Ui, choice: &mut ExportChoice, cx: &Cx<'_>) {
    ui.label(cx.theme.caption("Frames that failed"));
    let missing = match (choice.draws(), choice.is_video(), choice.float) {
        (true, ..) => "are shown in the colour for missing values".to_owned(),
        (_, true, _) => "stop the export".to_owned(),
        (_, _, Some(float)) => format!("are NaN, everything is written as {float}"),
        (_, _, None) => "are NaN, where the type has it".to_owned(),
    };
    ui.radio_value(&mut choice.gaps, GapChoice::Missing, missing);
    ui.radio_value(&mut choice.gaps, GapChoice::Skip, "are left out")
        .on_hover_text("Later frames move up; numbered files keep their numbers, videos their times");
    ui.horizontal(|ui| {
        ui.radio_value(&mut choice.gaps, GapChoice::Fill, "are filled with the value");
        let field = DragValue::new(&mut choice.fill).speed(1.0);
        ui.add_enabled(choice.gaps == GapChoice::Fill, field);
    });
}
