//! The program from end to end, on recordings that the tests write.

mod auxiliary;
mod bad_input;
mod bad_output;
mod bounds;
mod cache;
mod choices;
mod curve;
mod export;
mod film;
mod fixture;
mod formats;
mod info;
mod jpeg;
mod kinpen;
mod leftovers;
mod machine;
mod merge;
mod raw;
mod recipe;
mod reduce;
mod render;
mod steps;
mod times;
mod video;
mod view;
