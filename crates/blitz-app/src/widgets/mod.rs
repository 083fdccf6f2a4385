//! What panels and bars share.

pub(crate) mod modal;
