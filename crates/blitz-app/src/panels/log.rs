//! What happened, and what runs.

use blitz_model::session::{Command, JobKey, Level, LogLine};
use blitz_model::text;
use egui::{
    Align, Button, Color32, FontId, Layout, ProgressBar, TextFormat, TextStyle, Ui, text::LayoutJob, vec2,
};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::panels::panel::{Panel, PanelInfo};
use crate::theme::Theme;

/// Messages, newest at the bottom, below the jobs that run.
#[derive(Default)]
pub struct LogPanel {
    /// Least serious messages that are shown.
    least: Option<Level>,
}

/// Jobs younger than this are not shown, so that short ones do not flicker.
const PATIENCE: f64 = 0.15;

/// Messages that are drawn. Wrapped lines differ in height, so none can be skipped by its place alone.
const DRAWN: usize = 400;

/// What the layout knows of it.
pub(crate) const PANEL: PanelInfo = PanelInfo {
    id: "log",
    title: "Log",
    hint: "Messages and running jobs",
    bare: false,
    several: true,
    make: || Box::new(LogPanel::default()),
};

impl Panel for LogPanel {
    fn settings(&self) -> Value {
        let least = match self.least {
            None | Some(Level::Info) => return Value::Null,
            Some(Level::Warning) => "warnings",
            Some(Level::Error) => "errors",
        };
        json!({ "least": least })
    }

    fn restore(&mut self, settings: &Value) {
        self.least = match settings["least"].as_str() {
            Some("warnings") => Some(Level::Warning),
            Some("errors") => Some(Level::Error),
            _ => None,
        };
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.ui(ui, cx);
    }
}

impl LogPanel {
    /// Draws the panel.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        jobs(ui, cx);
        let session = cx.session;
        let least = self.least.unwrap_or(Level::Info);
        let all = session.log().lines();
        let lines: Vec<&LogLine> = all.iter().filter(|line| line.level >= least).collect();
        self.bar(ui, all, &lines);
        if lines.is_empty() {
            let text = if all.is_empty() { "No messages yet." } else { "No messages of this kind." };
            ui.label(cx.theme.caption(text));
            return;
        }
        let skipped = lines.len().saturating_sub(DRAWN);
        egui::ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            if skipped > 0 {
                ui.label(
                    cx.theme.caption(format!("{} older; Copy takes all", text::count(skipped, "message"))),
                );
            }
            for line in &lines[skipped..] {
                let job = line_job(line, cx.theme, ui.available_width());
                ui.add(egui::Label::new(job).selectable(true).wrap());
            }
        });
    }

    fn bar(&mut self, ui: &mut Ui, all: &[LogLine], lines: &[&LogLine]) {
        ui.horizontal(|ui| {
            let count = |least: Level| all.iter().filter(|l| l.level >= least).count();
            let kinds = [
                (None, "All", "All messages", count(Level::Info)),
                (Some(Level::Warning), "Warnings", "Warnings and errors", count(Level::Warning)),
                (Some(Level::Error), "Errors", "Errors only", count(Level::Error)),
            ];
            for (least, label, name, n) in kinds {
                let label =
                    if n > 0 { format!("{label} {}", text::grouped(n as u64)) } else { label.to_owned() };
                let button = Button::selectable(self.least == least, label).frame_when_inactive(true);
                if ui.add(button).accessible_name(name).on_hover_text(name).clicked() {
                    self.least = least;
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let copy =
                    ui.add_enabled(!lines.is_empty(), Button::new("Copy")).accessible_name("Copy messages");
                if copy.on_hover_text("Copy these messages as text").clicked() {
                    let text: Vec<String> = lines.iter().map(|line| plain(line)).collect();
                    ui.ctx().copy_text(text.join("\n"));
                }
            });
        });
    }
}

/// A line as it is copied.
fn plain(line: &LogLine) -> String {
    let kind = match line.level {
        Level::Info => "",
        Level::Warning => "warning: ",
        Level::Error => "error: ",
    };
    format!("{} {kind}{}", clock(line.at.as_secs_f64()), line.text)
}

/// Time since the start: `0:07.312`, `1:02:03.004`.
fn clock(seconds: f64) -> String {
    let (hours, rest) = ((seconds / 3600.0) as u64, seconds % 3600.0);
    let (minutes, seconds) = ((rest / 60.0) as u64, rest % 60.0);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:06.3}")
    } else {
        format!("{minutes}:{seconds:06.3}")
    }
}

fn level_color(theme: &Theme, level: Level) -> Color32 {
    match level {
        Level::Info => theme.text,
        Level::Warning => theme.warning,
        Level::Error => theme.error,
    }
}

fn line_job(line: &LogLine, theme: &Theme, width: f32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let format = |font: FontId, color: Color32| TextFormat { font_id: font, color, ..TextFormat::default() };
    let time = format(FontId::monospace(11.0), theme.weak);
    job.append(&clock(line.at.as_secs_f64()), 0.0, time);
    job.append(&line.text, 8.0, format(FontId::proportional(13.0), level_color(theme, line.level)));
    job.wrap.max_width = width;
    job
}

fn jobs(ui: &mut Ui, cx: &mut Cx<'_>) {
    let running: Vec<_> = cx.session.jobs().into_iter().filter(|job| job.seconds >= PATIENCE).collect();
    if running.is_empty() {
        return;
    }
    for job in running {
        ui.horizontal(|ui| {
            let name = job_name(&job.key, &job.name, job.progress.phase);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let stop = ui.add(Button::new("Cancel").small()).accessible_name(format!("Cancel {name}"));
                if stop.on_hover_text("Stop this; what is done stays").clicked() {
                    let open = matches!(job.key, JobKey::Open(_));
                    cx.send(if open { Command::CancelLoad } else { Command::CancelJob(job.key) });
                }
                let p = job.progress;
                let done = if p.total > 0 {
                    format!("{} of {}", text::grouped(p.done), text::grouped(p.total))
                } else {
                    format!("{:.1} s", job.seconds)
                };
                ui.add_sized(
                    vec2(130.0_f32.min(ui.available_width() * 0.5), 14.0),
                    ProgressBar::new(p.fraction())
                        .fill(cx.theme.accent_soft)
                        .text(egui::RichText::new(done).text_style(TextStyle::Small).color(cx.theme.text)),
                );
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(egui::Label::new(&name).truncate());
                });
            });
        });
    }
    ui.separator();
}

fn job_name(key: &JobKey, name: &str, phase: &str) -> String {
    match key {
        JobKey::Open(_) if !phase.is_empty() => format!("{name}: {phase}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks() {
        assert_eq!(clock(7.3124), "0:07.312");
        assert_eq!(clock(3723.004), "1:02:03.004");
    }
}
