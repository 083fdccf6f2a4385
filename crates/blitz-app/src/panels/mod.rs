//! The panels: structs of transient state that draw themselves from a [`Cx`].
//!
//! A panel is a file with a `PanelInfo`, and a line in `LIST`.

pub mod info;
pub mod kymograph;
pub mod levels;
pub mod log;
pub mod ops;
pub mod probe;
pub mod timeline;

use egui::Ui;

pub use info::InfoPanel;
pub use levels::LevelsPanel;
pub use log::LogPanel;
pub use ops::OpsPanel;
pub use probe::ProbePanel;
pub use timeline::TimelinePanel;

use crate::cx::Cx;
use crate::image;

/// What a panel does in each frame that shows it.
pub(crate) trait Panel {
    /// Draws it, wants what it shows, and sends what the person does.
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);

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
    /// A new one.
    pub(crate) make: fn() -> Box<dyn Panel>,
}

/// Every panel, in the order of the menu.
pub(crate) const LIST: [PanelInfo; 8] = [
    image::PANEL,
    levels::PANEL,
    ops::PANEL,
    timeline::PANEL,
    info::PANEL,
    probe::PANEL,
    log::PANEL,
    kymograph::PANEL,
];

/// The panel of that name.
pub(crate) fn find(id: &str) -> Option<&'static PanelInfo> {
    const { &LIST }.iter().find(|panel| panel.id == id)
}
