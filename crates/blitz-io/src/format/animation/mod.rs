//! Animated pictures (GIF, APNG, WebP): each frame is drawn onto the one before, so they are played in order.
//! What all of them share is in `play.rs`.

pub(super) mod apng;
pub(super) mod gif;
mod play;
pub(super) mod webp;

pub(super) use apng::APNG;
pub(super) use play::open;
pub(super) use webp::WEBP;

/// For fuzzing.
pub(crate) fn try_png(data: &[u8], limit: u64) {
    play::try_bytes(&APNG, data, limit);
}

/// For fuzzing.
pub(crate) fn try_gif(data: &[u8], limit: u64) {
    play::try_bytes(&gif::GIF, data, limit);
}

/// For fuzzing.
pub(crate) fn try_webp(data: &[u8], limit: u64) {
    play::try_bytes(&WEBP, data, limit);
}
