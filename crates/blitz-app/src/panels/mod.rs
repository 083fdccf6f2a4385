//! The panels: structs of transient state that draw themselves from a [`Cx`](crate::cx::Cx).
//!
//! A panel is a file with a `PanelInfo`, and a line in `LIST`.

mod frames;
pub mod info;
pub mod kymograph;
pub mod levels;
pub mod log;
pub mod ops;
pub(crate) mod panel;
pub mod probe;
pub mod timeline;

pub use info::InfoPanel;
pub use levels::LevelsPanel;
pub use log::LogPanel;
pub use ops::OpsPanel;
pub use probe::ProbePanel;
pub use timeline::TimelinePanel;

use crate::image;
use panel::PanelInfo;

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
