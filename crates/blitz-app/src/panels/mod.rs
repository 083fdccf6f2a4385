//! The panels: structs of transient state that draw themselves from a [`Cx`](crate::cx::Cx).

pub mod info;
pub mod levels;
pub mod log;
pub mod ops;
pub mod probe;
pub mod timeline;

pub use info::InfoPanel;
pub use levels::LevelsPanel;
pub use log::LogPanel;
pub use ops::OpsPanel;
pub use probe::ProbePanel;
pub use timeline::TimelinePanel;

use crate::image::ImagePanel;

/// One of each.
#[derive(Default)]
pub(crate) struct Panels {
    pub(crate) image: ImagePanel,
    pub(crate) levels: LevelsPanel,
    pub(crate) ops: OpsPanel,
    pub(crate) timeline: TimelinePanel,
    pub(crate) info: InfoPanel,
    pub(crate) probe: ProbePanel,
    pub(crate) log: LogPanel,
}
