//! What can go wrong while setting up or reading back.

/// Failure of the GPU side.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// No adapter, neither hardware nor software.
    #[error(
        "no GPU adapter found ({0}); install a graphics driver, or mesa-vulkan-drivers for drawing in software"
    )]
    NoAdapter(String),
    /// The adapter was found but could not be set up.
    #[error("the GPU could not be set up: {0}")]
    NoDevice(String),
    /// The picture asked for is empty or larger than the device can draw.
    #[error("a picture of {width}×{height} pixels cannot be drawn; sides of 1 to {limit} pixels can")]
    Size {
        /// Columns asked for.
        width: u32,
        /// Rows asked for.
        height: u32,
        /// Largest side.
        limit: u32,
    },
    /// The drawn picture could not be read back.
    #[error("the drawn picture could not be read back from the GPU: {0}")]
    ReadBack(String),
}
