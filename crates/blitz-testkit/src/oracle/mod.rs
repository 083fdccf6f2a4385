//! What the kernels should answer, computed from the definitions.

mod frame;
mod values;

pub use frame::{area_average, displayed, luminance, zone_mask, zone_values};
pub use values::{finite, max, mean, min, percentile, reduce, std, sum, valid, within_ulps};
