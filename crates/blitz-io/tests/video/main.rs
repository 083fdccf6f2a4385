//! Video: frame i is frame i, whatever the codec and the order in which frames are asked for.

mod make;
mod read;

mod cut;
mod damage;
mod formats;
mod frames;
mod rough;
mod round_trip;
mod silent;
mod survive;
mod write;
