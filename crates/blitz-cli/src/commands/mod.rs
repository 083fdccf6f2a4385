//! What the commands do, each from a validated request.

pub(crate) mod bench;
pub(crate) mod cache;
pub(crate) mod curve;
pub(crate) mod demo;
pub(crate) mod export;
pub(crate) mod formats;
pub(crate) mod histogram;
pub(crate) mod info;
pub(crate) mod merge;
pub(crate) mod recipe;
pub(crate) mod reduce;
pub(crate) mod render;
pub(crate) mod view;
