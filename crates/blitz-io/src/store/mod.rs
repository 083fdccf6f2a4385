//! Stores of this crate: memory that decoders fill, and files mapped as they are.

mod growing;
mod mapped;
pub(crate) mod publish;
mod ram;
pub(crate) mod region;
#[cfg(target_os = "linux")]
mod sigbus;
pub(crate) mod states;

pub use growing::GrowingStore;
pub use mapped::MappedStore;
pub(crate) use mapped::Places;
pub use ram::{RamStore, SlotWriter};
pub use states::Counts;
