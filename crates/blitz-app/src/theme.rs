//! Colours, spacing and text of the window, in one place: dark for rooms with a screen, light for daylight.

use egui::{
    Color32, CornerRadius, FontFamily, FontId, Margin, RichText, Shadow, Stroke, TextStyle, Vec2, Visuals,
    style::Selection, style::WidgetVisuals,
};

/// Named colours and measures. Everything that is drawn takes them from here.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Whether the ground is dark.
    pub dark: bool,
    /// Ground of bars and of the gaps between panels.
    pub frame: Color32,
    /// Ground of panels.
    pub panel: Color32,
    /// Ground behind the picture and of plots: neutral, so that it does not tint what is judged on it.
    pub canvas: Color32,
    /// Ground of text fields.
    pub field: Color32,
    /// Ground of buttons.
    pub button: Color32,
    /// Ground of buttons under the pointer.
    pub button_hover: Color32,
    /// Ground of pressed buttons.
    pub button_press: Color32,
    /// Thin lines between things.
    pub line: Color32,
    /// Lines of a plot's grid.
    pub grid: Color32,
    /// Text.
    pub text: Color32,
    /// Text that says less: units, captions, hints.
    pub weak: Color32,
    /// Headings and what is under the pointer.
    pub strong: Color32,
    /// What is chosen, handles, the frame cursor.
    pub accent: Color32,
    /// Ground of what is chosen.
    pub accent_soft: Color32,
    /// Something was left out or assumed.
    pub warning: Color32,
    /// Ground of warnings.
    pub warning_soft: Color32,
    /// Something was not done.
    pub error: Color32,
    /// Ground of errors.
    pub error_soft: Color32,
    /// The frame cursor of the timeline.
    pub cursor: Color32,
    /// Ground of the range that a reduction covers.
    pub range: Color32,
    /// Frames that are loaded, in the timeline's frame bar.
    pub ready: Color32,
    /// Frames that are still to come, likewise.
    pub pending: Color32,
    /// Small gap: between a label and its field.
    pub gap: f32,
    /// Gap between groups.
    pub space: f32,
    /// Inner margin of panels.
    pub margin: f32,
    /// Height of a row of controls.
    pub row: f32,
    /// Radius of handles in points; they are caught within twice that.
    pub handle: f32,
    /// Corner radius of buttons and fields.
    pub radius: u8,
}

const fn grey(v: u8) -> Color32 {
    Color32::from_gray(v)
}

const fn rgb(r: u8, g: u8, b: u8) -> Color32 {
    Color32::from_rgb(r, g, b)
}

impl Theme {
    /// Dark: the picture is the brightest thing on the screen.
    pub fn dark() -> Self {
        Self {
            dark: true,
            frame: rgb(20, 21, 23),
            panel: rgb(30, 31, 34),
            canvas: grey(17),
            field: rgb(19, 20, 22),
            button: rgb(50, 52, 56),
            button_hover: rgb(64, 67, 72),
            button_press: rgb(76, 80, 86),
            line: rgb(54, 56, 61),
            grid: rgb(46, 48, 52),
            text: rgb(214, 216, 220),
            weak: rgb(151, 155, 163),
            strong: rgb(246, 247, 249),
            accent: rgb(92, 168, 240),
            accent_soft: rgb(36, 66, 98),
            warning: rgb(236, 180, 84),
            warning_soft: rgb(62, 49, 24),
            error: rgb(244, 116, 108),
            error_soft: rgb(70, 33, 32),
            cursor: rgb(246, 247, 249),
            range: Color32::from_rgba_premultiplied(22, 40, 58, 60),
            ready: rgb(84, 120, 160),
            pending: rgb(48, 50, 54),
            gap: 4.0,
            space: 10.0,
            margin: 8.0,
            row: 22.0,
            handle: 4.5,
            radius: 3,
        }
    }

    /// Light: for daylight and print.
    pub fn light() -> Self {
        Self {
            dark: false,
            frame: rgb(224, 226, 229),
            panel: rgb(246, 247, 248),
            canvas: grey(232),
            field: rgb(255, 255, 255),
            button: rgb(226, 228, 231),
            button_hover: rgb(212, 215, 220),
            button_press: rgb(196, 201, 208),
            line: rgb(203, 206, 211),
            grid: rgb(218, 220, 224),
            text: rgb(40, 43, 48),
            weak: rgb(96, 101, 110),
            strong: rgb(12, 13, 15),
            accent: rgb(18, 98, 178),
            accent_soft: rgb(200, 221, 243),
            warning: rgb(138, 86, 0),
            warning_soft: rgb(252, 236, 202),
            error: rgb(184, 38, 32),
            error_soft: rgb(252, 221, 218),
            cursor: rgb(12, 13, 15),
            range: Color32::from_rgba_premultiplied(12, 40, 72, 50),
            ready: rgb(116, 158, 202),
            pending: rgb(208, 211, 216),
            gap: 4.0,
            space: 10.0,
            margin: 8.0,
            row: 22.0,
            handle: 4.5,
            radius: 3,
        }
    }

    /// Dark or light.
    pub fn of(dark: bool) -> Self {
        if dark { Self::dark() } else { Self::light() }
    }

    /// Makes egui draw with these colours. Cheap enough for every switch, not for every frame.
    pub fn apply(&self, ctx: &egui::Context) {
        ctx.set_theme(if self.dark { egui::Theme::Dark } else { egui::Theme::Light });
        let visuals = self.visuals();
        ctx.all_styles_mut(|style| {
            style.visuals = visuals.clone();
            style.text_styles = [
                (TextStyle::Heading, FontId::new(17.0, FontFamily::Proportional)),
                (TextStyle::Body, FontId::new(13.0, FontFamily::Proportional)),
                (TextStyle::Button, FontId::new(13.0, FontFamily::Proportional)),
                (TextStyle::Small, FontId::new(11.0, FontFamily::Proportional)),
                (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
            ]
            .into();
            style.drag_value_text_style = TextStyle::Monospace;
            let spacing = &mut style.spacing;
            spacing.item_spacing = Vec2::new(6.0, 4.0);
            spacing.button_padding = Vec2::new(7.0, 2.0);
            spacing.interact_size = Vec2::new(28.0, self.row);
            spacing.window_margin = Margin::same(12);
            spacing.menu_margin = Margin::same(5);
            spacing.combo_width = 90.0;
            spacing.slider_width = 110.0;
            spacing.tooltip_width = 360.0;
            spacing.scroll = egui::style::ScrollStyle::thin();
            style.interaction.tooltip_delay = 0.35;
            style.interaction.selectable_labels = false;
            style.animation_time = 0.06;
        });
    }

    /// Makes signs that the text font lacks, such as arrows and superscripts, come from the font of numbers.
    pub fn install_fonts(ctx: &egui::Context) {
        let mut fonts = egui::FontDefinitions::default();
        let numbers = fonts.families.get(&FontFamily::Monospace).cloned().unwrap_or_default();
        let text = fonts.families.entry(FontFamily::Proportional).or_default();
        let missing: Vec<_> = numbers.into_iter().filter(|name| !text.contains(name)).collect();
        text.extend(missing);
        ctx.set_fonts(fonts);
    }

    /// Ink that reads on `ground`.
    pub fn ink_on(ground: Color32) -> Color32 {
        let [r, g, b, _] = ground.to_array().map(f32::from);
        if 0.299 * r + 0.587 * g + 0.114 * b > 140.0 { grey(16) } else { grey(245) }
    }

    /// A zone's colour as it is drawn on the ground of this theme.
    pub fn zone(&self, color: [u8; 3]) -> Color32 {
        let [r, g, b] = color;
        if self.dark {
            return rgb(r, g, b);
        }
        // Yellow and light blue are lost on white: darkened until they read, the hue kept.
        let bright = 0.299 * f32::from(r) + 0.587 * f32::from(g) + 0.114 * f32::from(b);
        let scale = (150.0 / bright.max(1.0)).min(1.0);
        let [r, g, b] = [r, g, b].map(|v| (f32::from(v) * scale) as u8);
        rgb(r, g, b)
    }

    /// A number: digits of equal width, so that it does not jitter when it changes.
    pub fn number(&self, text: impl Into<String>) -> RichText {
        RichText::new(text).monospace().color(self.text)
    }

    /// A caption or unit.
    pub fn caption(&self, text: impl Into<String>) -> RichText {
        RichText::new(text).color(self.weak)
    }

    /// Font of numbers on plots and rulers.
    pub fn tick_font(&self) -> FontId {
        FontId::new(10.5, FontFamily::Monospace)
    }

    /// Ground and margin of a panel.
    pub fn panel_frame(&self) -> egui::Frame {
        egui::Frame::new().fill(self.panel).inner_margin(Margin::same(self.margin as i8))
    }

    /// Ground and margin of a bar across the window.
    pub fn bar_frame(&self) -> egui::Frame {
        egui::Frame::new().fill(self.panel).inner_margin(Margin::symmetric(self.margin as i8, 3))
    }

    fn visuals(&self) -> Visuals {
        let mut v = if self.dark { Visuals::dark() } else { Visuals::light() };
        let corner = CornerRadius::same(self.radius);
        let state = |fill: Color32, ink: Color32, edge: Stroke| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: edge,
            corner_radius: corner,
            fg_stroke: Stroke::new(1.0, ink),
            expansion: 0.0,
        };
        v.widgets.noninteractive = state(self.panel, self.text, Stroke::new(1.0, self.line));
        v.widgets.inactive = state(self.button, self.text, Stroke::NONE);
        v.widgets.hovered = state(self.button_hover, self.strong, Stroke::new(1.0, self.line));
        v.widgets.active = state(self.button_press, self.strong, Stroke::new(1.0, self.accent));
        v.widgets.open = state(self.button_hover, self.strong, Stroke::NONE);
        v.selection = Selection { bg_fill: self.accent_soft, stroke: Stroke::new(1.0, self.strong) };
        v.panel_fill = self.panel;
        v.window_fill = self.panel;
        v.window_stroke = Stroke::new(1.0, self.line);
        v.window_corner_radius = CornerRadius::same(6);
        v.menu_corner_radius = CornerRadius::same(5);
        v.extreme_bg_color = self.field;
        v.text_edit_bg_color = Some(self.field);
        v.faint_bg_color = self.frame;
        v.code_bg_color = self.field;
        v.hyperlink_color = self.accent;
        v.warn_fg_color = self.warning;
        v.error_fg_color = self.error;
        v.weak_text_color = Some(self.weak);
        v.popup_shadow = Shadow { offset: [0, 3], blur: 10, spread: 0, color: Color32::from_black_alpha(60) };
        v.window_shadow =
            Shadow { offset: [0, 6], blur: 22, spread: 0, color: Color32::from_black_alpha(80) };
        v.button_frame = true;
        v.striped = false;
        v.slider_trailing_fill = true;
        v
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(c: Color32) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.040_45 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_reads_on_every_ground() {
        for theme in [Theme::dark(), Theme::light()] {
            for ground in [theme.panel, theme.frame, theme.field, theme.canvas] {
                for ink in [theme.text, theme.weak, theme.strong, theme.error, theme.warning, theme.accent] {
                    let ratio = contrast(ink, ground);
                    assert!(ratio >= 4.5, "{ink:?} on {ground:?}: {ratio:.2} (dark: {})", theme.dark);
                }
            }
            for ground in [theme.button, theme.button_hover, theme.accent_soft] {
                assert!(contrast(theme.text, ground) >= 4.5, "{ground:?}");
            }
            for (ink, ground) in [(theme.warning, theme.warning_soft), (theme.error, theme.error_soft)] {
                assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}");
            }
        }
    }
}
