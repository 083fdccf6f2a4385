//! What a panel is, to those that draw it and to those that list it.

use egui::Ui;
use serde_json::Value;

use crate::cx::Cx;

/// What a panel does in each frame that shows it.
pub(crate) trait Panel {
    /// Draws it, wants what it shows, and sends what the person does.
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);

    /// What of its state is kept in the settings, with its place in the layout; `Null` for nothing.
    fn settings(&self) -> Value {
        Value::Null
    }

    /// Takes what was kept; what it does not know it leaves as it is.
    fn restore(&mut self, _settings: &Value) {}

    /// Whether Esc belongs to what goes on in it, such as a zone being drawn.
    fn holds_escape(&self) -> bool {
        false
    }
}

/// What the layout, the menus and the palette know of a panel.
pub(crate) struct PanelInfo {
    /// Names it in saved layouts, for ever.
    pub(crate) id: &'static str,
    /// Name on its tab and in the menu.
    pub(crate) title: &'static str,
    /// What it is for, in a line.
    pub(crate) hint: &'static str,
    /// Whether it draws up to its edges.
    pub(crate) bare: bool,
    /// Whether it can be shown more than once: with other settings it shows something else.
    pub(crate) several: bool,
    /// A new one.
    pub(crate) make: fn() -> Box<dyn Panel>,
}
