//! What is written of a recording: its picture, its curves, what the steps make.

pub(crate) mod begin;
pub(crate) mod choice;
pub(crate) mod dialog;
pub(crate) mod save;
