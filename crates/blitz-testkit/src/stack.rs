//! Stacks in memory.

use std::sync::Arc;

use blitz_core::{
    Access, Channel, DType, Extent, FrameCatalog, FrameGuard, FrameMap, FrameMeta, FramePoll, FrameShape,
    FrameState, Layout, Placement, ReadError, Samples, Stack, StackId, Store, TimeAxis, with_samples_mut,
};

use crate::Noise;

/// A store whose frames all lie in memory, ready and sealed.
#[derive(Debug)]
pub struct VecStack {
    layout: Layout,
    frames: Vec<FrameGuard>,
}

impl VecStack {
    /// A store of `frames`, each of shape `shape`.
    ///
    /// # Panics
    /// If there is no frame, or they differ in type or do not fill the shape.
    pub fn new(frames: Vec<Samples>, shape: FrameShape) -> Self {
        let dtype = frames.first().expect("a stack for tests has a frame").dtype();
        assert!(frames.iter().all(|f| f.dtype() == dtype), "frames have one element type");
        let frames = frames.into_iter().map(|f| FrameGuard::from_samples(f, shape)).collect();
        Self { layout: Layout { frame: shape, dtype }, frames }
    }

    /// The store with default axes and names.
    pub fn into_stack(self, name: &str) -> Stack {
        stack_of(Arc::new(self), name)
    }
}

impl Store for VecStack {
    fn layout(&self) -> Layout {
        self.layout
    }

    fn extent(&self) -> Extent {
        Extent { first: 0, end: self.frames.len(), sealed: true }
    }

    fn generation(&self) -> u64 {
        self.frames.len() as u64
    }

    fn state(&self, frame: usize) -> FrameState {
        if frame < self.frames.len() { FrameState::Ready } else { FrameState::Pending }
    }

    fn access(&self) -> Access {
        Access::Resident
    }

    fn poll(&self, frame: usize) -> FramePoll {
        self.frames.get(frame).map_or(FramePoll::Pending, |guard| FramePoll::Ready(guard.clone()))
    }

    fn pin(&self, frame: usize) -> Result<FrameGuard, ReadError> {
        let end = self.frames.len();
        self.frames.get(frame).cloned().ok_or(ReadError::OutOfRange { frame, first: 0, end })
    }

    fn memory_bytes(&self) -> u64 {
        (self.layout.frame_bytes() * self.frames.len()) as u64
    }
}

struct Numbered(String);

impl FrameCatalog for Numbered {
    fn meta(&self, frame: usize) -> FrameMeta {
        FrameMeta { name: format!("{}-{frame}", self.0), ..FrameMeta::default() }
    }
}

/// A stack over any store, uncropped and unthinned, with default channels and frames named `name-0`, ….
pub fn stack_of(store: Arc<dyn Store>, name: &str) -> Stack {
    let FrameShape { height, width, channels } = store.layout().frame;
    Stack {
        id: StackId::fresh(),
        name: name.to_owned(),
        channels: Channel::defaults(channels).into(),
        time: TimeAxis::NotSet,
        pixel_size: None,
        unit: None,
        frames: FrameMap::IDENTITY,
        placement: Placement::whole(width, height),
        source_frames: store.extent().end,
        catalog: Arc::new(Numbered(name.to_owned())),
        store,
    }
}

/// `frames` frames of noise, see [`Noise::samples`].
pub fn noise_frames(seed: u64, dtype: DType, frames: usize, shape: FrameShape) -> Vec<Samples> {
    let mut noise = Noise::new(seed);
    (0..frames).map(|_| noise.samples(dtype, shape.samples())).collect()
}

/// A bright spot of radius 3 that moves one pixel to the right per frame, over a ramp that grows by one per
/// row; each channel is one brighter. Values stay below 128, so they fit every type.
pub fn spot_frames(dtype: DType, frames: usize, shape: FrameShape) -> Vec<Samples> {
    let value = |t: usize, x: usize, y: usize| {
        let centre = (t % shape.width.max(1), shape.height / 2);
        let (dx, dy) = (x.abs_diff(centre.0), y.abs_diff(centre.1));
        (y % 20 + if dx * dx + dy * dy <= 9 { 100 } else { 0 }) as f64
    };
    let frame = |t: usize| {
        let mut samples = Samples::zeros(dtype, shape.samples());
        with_samples_mut!(samples.as_mut(), s => {
            for (i, v) in s.iter_mut().enumerate() {
                let pixel = i / shape.channels;
                let level = value(t, pixel % shape.width, pixel / shape.width) + (i % shape.channels) as f64;
                *v = blitz_core::Sample::from_f64(level);
            }
        });
        samples
    };
    (0..frames).map(frame).collect()
}
