//! What a person decides about a recording: the recipe with its steps, the document around it, edits, and undo.
//!
//! Nothing here reads a file, starts a thread or knows an engine, so that it builds for a browser and can be sent
//! elsewhere. A step's computation stands beside its parameters ([`recipe::step`]) and rests on kernels alone; whoever
//! evaluates a recipe hands in the references and runs it.

pub mod document;
pub mod recipe;
pub mod text;
