//! A small picture of what a step compares with.

use blitz_draw::ColorMap;
use blitz_model::recipe::Reference;
use blitz_model::session::{Recording, ReferencePicture};
use blitz_model::text;
use egui::{ColorImage, Label, TextureHandle, TextureOptions, Ui, Vec2};

use crate::cx::Cx;
use crate::widgets::fields::row;
use crate::widgets::values::value_text;

/// A small picture of the reference.
#[derive(Default)]
pub(super) struct Preview {
    drawn: Option<(u64, String, TextureHandle)>,
}

/// Longest side of the picture, in points.
const SIDE: f32 = 84.0;

impl Preview {
    /// Draws the reference of a step, as far as it is there, and what it is.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        recording: &Recording,
        step: usize,
        of: &Reference,
    ) {
        if matches!(of, Reference::Window { .. }) {
            return;
        }
        let reply = cx.session.reference(cx.at(), step, of);
        if let Some(why) = &reply.error {
            // The row says it already where the step takes part.
            let said = cx.picture().fault.as_ref().is_some_and(|f| f.step == step);
            if !said {
                let text = egui::RichText::new(why).color(cx.theme.error);
                ui.add(Label::new(text).wrap());
            }
            return;
        }
        row(ui, cx, "Reference", "The picture that the values are compared with", |ui, cx| {
            let Some(picture) = &reply.picture else {
                ui.spinner();
                return;
            };
            let map = &recording.state().display.colormap;
            let texture = self.texture(ui, picture, map);
            let size = Vec2::new(picture.width as f32, picture.height as f32);
            let scale = (SIDE / size.max_elem()).min(8.0);
            let image = egui::Image::new((texture, size * scale)).alt_text("Picture of the reference");
            ui.add(image);
            let shape = picture.shape;
            let (lo, hi) = picture.ends;
            let frames = text::count(picture.frames, "frame");
            let facts = format!("{} × {} {}, {frames}", shape.width, shape.height, picture.dtype);
            ui.add(Label::new(cx.theme.caption(facts)).wrap());
            let span = (hi - lo).abs();
            let range = if span.is_nan() {
                "no values".to_owned()
            } else {
                format!("{} to {}", value_text(lo, span, false), value_text(hi, span, false))
            };
            ui.label(cx.theme.caption(range));
        });
    }

    fn texture(&mut self, ui: &Ui, picture: &ReferencePicture, map: &str) -> egui::TextureId {
        if let Some((serial, name, texture)) = &self.drawn
            && *serial == picture.serial
            && name == map
        {
            return texture.id();
        }
        let colors = ColorMap::parse(map).unwrap_or_default();
        let (lo, hi) = picture.ends;
        let span = if hi > lo { hi - lo } else { 1.0 };
        let pixels: Vec<u8> = picture
            .values
            .iter()
            .flat_map(|&v| {
                let share = ((f64::from(v) - lo) / span) as f32;
                if share.is_nan() { [128, 128, 128] } else { colors.sample(share) }
            })
            .collect();
        let image = ColorImage::from_rgb([picture.width, picture.height], &pixels);
        let texture = ui.ctx().load_texture("reference", image, TextureOptions::NEAREST);
        let id = texture.id();
        self.drawn = Some((picture.serial, map.to_owned(), texture));
        id
    }
}
