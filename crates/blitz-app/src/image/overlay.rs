//! What is written over the picture: messages and the outline of the pixel under the pointer.

use blitz_core::FrameState;
use blitz_model::session::Recording;
use egui::{Align2, Color32, CornerRadius, FontId, Painter, Rect, Stroke, StrokeKind, vec2};

use crate::cx::Cx;
use crate::theme::Theme;

/// Pixels at least this large on screen, in points, are outlined.
const OUTLINED_FROM: f32 = 6.0;
/// Seconds after which it is said that something is being computed.
const PATIENCE: f64 = 0.15;

/// Outlines the pixel under the pointer in black and white, which is seen on any colour.
pub(super) fn pixel_outline(painter: &Painter, pixel: Rect) {
    if pixel.width() < OUTLINED_FROM {
        return;
    }
    painter.rect_stroke(pixel, 0.0, Stroke::new(1.0, Color32::BLACK), StrokeKind::Outside);
    painter.rect_stroke(pixel, 0.0, Stroke::new(1.0, Color32::WHITE), StrokeKind::Inside);
}

/// Marks the point under the pointer of a linked view.
pub(super) fn cross(painter: &Painter, at: egui::Pos2) {
    for (width, color) in [(3.0, Color32::BLACK), (1.0, Color32::WHITE)] {
        for arm in [vec2(7.0, 0.0), vec2(0.0, 7.0)] {
            painter.line_segment([at - arm, at + arm], Stroke::new(width, color));
        }
    }
}

/// Whether the frame asked for is still to come, which is no failure.
pub(super) fn is_pending(cx: &Cx<'_>) -> bool {
    let Some(recording) = cx.recording().filter(|r| r.recipe().reduction.is_none()) else {
        return false;
    };
    matches!(recording.stack().store.state(cx.playhead().frame), FrameState::Pending)
}

/// Says why there is no picture, or that it is on its way.
pub(super) fn message(painter: &Painter, canvas: Rect, waited: f64, cx: &Cx<'_>) {
    if cx.recording().is_some_and(Recording::is_preview) && cx.picture().error.is_none() {
        // The strip says of what.
        busy(painter, canvas, "preview: the files are still being found", None, cx.theme);
    } else if let Some(error) = cx.picture().error.as_ref().filter(|_| is_pending(cx)) {
        busy(painter, canvas, error, None, cx.theme);
    } else if let Some(error) = &cx.picture().error {
        let title = match cx.recording() {
            Some(r) if r.recipe().reduction.is_none() => {
                format!("Frame {} cannot be shown", r.stack().source_frame(cx.playhead().frame))
            }
            _ => "The picture cannot be shown".to_owned(),
        };
        boxed(painter, canvas, &title, error, cx.theme);
    } else if !cx.picture().current && (waited > PATIENCE || cx.picture().shown.is_none()) {
        let job = cx.session.jobs().into_iter().find(|job| job.waited_for);
        let (text, fraction) = match &job {
            Some(job) if job.progress.total > 1 => {
                (format!("computing {} …", job.name), Some(job.progress.fraction()))
            }
            _ => ("computing …".to_owned(), None),
        };
        busy(painter, canvas, &text, fraction, cx.theme);
    }
}

/// A message in the middle of the canvas.
fn boxed(painter: &Painter, canvas: Rect, title: &str, text: &str, theme: &Theme) {
    let width = (canvas.width() - 40.0).clamp(120.0, 460.0);
    let title = painter.layout(title.to_owned(), FontId::proportional(15.0), theme.strong, width);
    let text = painter.layout(text.to_owned(), FontId::proportional(12.5), theme.text, width);
    let size = vec2(title.size().x.max(text.size().x), title.size().y + 6.0 + text.size().y);
    let ground = Rect::from_center_size(canvas.center(), size + vec2(28.0, 20.0));
    painter.rect(
        ground,
        CornerRadius::same(5),
        theme.error_soft,
        Stroke::new(1.0, theme.error),
        StrokeKind::Inside,
    );
    let corner = ground.min + vec2(14.0, 10.0);
    let below = corner + vec2(0.0, title.size().y + 6.0);
    painter.galley(corner, title, theme.strong);
    painter.galley(below, text, theme.text);
}

/// A small note at the upper edge, with a bar where the progress is known.
fn busy(painter: &Painter, canvas: Rect, text: &str, fraction: Option<f32>, theme: &Theme) {
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(12.5), theme.text);
    let ground = Align2::CENTER_TOP
        .align_size_within_rect(galley.size() + vec2(24.0, 14.0), canvas.translate(vec2(0.0, 10.0)));
    painter.rect_filled(ground, CornerRadius::same(4), theme.panel.gamma_multiply(0.94));
    painter.galley(ground.min + vec2(12.0, 6.0), galley, theme.text);
    if let Some(fraction) = fraction {
        let mut bar = ground;
        bar.min.y = bar.max.y - 3.0;
        bar.max.x = bar.min.x + bar.width() * fraction;
        painter.rect_filled(bar, CornerRadius::same(1), theme.accent);
    }
}
