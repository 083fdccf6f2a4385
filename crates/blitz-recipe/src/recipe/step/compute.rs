//! How steps are computed: what preparing a step gives. It rests on kernels alone; whoever evaluates a recipe hands in
//! the references ([`Inputs`]) and runs what comes out.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use blitz_core::{Cancel, FrameShape, Rect};
use blitz_kernels::Method;
use blitz_kernels::pipeline::{PointOp, Working};
use blitz_kernels::windows::{Direction, Window};

use super::about::Describe;
use super::reference::Reference;

/// The computing half of a step.
pub trait Compute: Describe {
    /// Evaluates the step's references and says how its frames are computed.
    ///
    /// # Errors
    /// If a reference cannot be evaluated or does not fit the recording.
    fn prepare<W: Working, I: Inputs<W>>(&self, inputs: &I) -> Result<Prepared<W>, I::Error>;
}

/// What a step is prepared from: its references on its own input, evaluated once and kept by what they depend on.
pub trait Inputs<W> {
    /// Why something is not there.
    type Error;

    /// A reference, whatever it is.
    ///
    /// # Errors
    /// If it cannot be evaluated or does not fit the recording.
    fn source(&self, reference: &Reference) -> Result<Source<W>, Self::Error>;

    /// A reference that is one picture for all frames: a frame of values, NaN where missing.
    ///
    /// # Errors
    /// If it cannot be evaluated, does not fit the recording, or is a window.
    fn constant(&self, reference: &Reference) -> Result<Arc<Vec<W>>, Self::Error>;

    /// What the step makes of its references, kept under `what` for the next question. Amounts must have no part in it.
    ///
    /// # Errors
    /// What `make` gives.
    fn made<T: Send + Sync + 'static>(
        &self,
        what: &str,
        make: impl FnOnce() -> Result<Vec<T>, Self::Error>,
    ) -> Result<Arc<Vec<T>>, Self::Error>;

    /// One flag per pixel: whether it lies in the zone of that name.
    ///
    /// # Errors
    /// If there is no such zone.
    fn zone(&self, name: &str) -> Result<Vec<bool>, Self::Error>;

    /// One flag per pixel: whether the picture in the file is not 0 there.
    ///
    /// # Errors
    /// If the file cannot be read or has another size.
    fn mask(&self, path: &Path) -> Result<Vec<bool>, Self::Error>;

    /// Tells a person of samples of a frame, by their places in it, that `what` is true of: `12 of 600 pixels …`.
    fn note(&self, what: &str, samples: &[usize]);

    /// An error that names the step.
    fn refuse(&self, why: &str) -> Self::Error;
}

/// A step that is ready to compute frames, by what it needs around a sample.
#[derive(Debug)]
pub enum Prepared<W> {
    /// The sample alone.
    Point(Op<W>),
    /// Pixels around it.
    Space(InSpace<W>),
    /// Frames around it.
    Time(OverTime),
}

impl<W> From<Op<W>> for Prepared<W> {
    fn from(op: Op<W>) -> Self {
        Self::Point(op)
    }
}

/// Where a step's reference comes from.
#[derive(Clone, Debug)]
pub enum Source<W> {
    /// One picture for all frames.
    Constant(Arc<Vec<W>>),
    /// One picture per frame.
    Window {
        /// How the window becomes a picture.
        method: Method,
        /// Which frames.
        window: Window,
    },
}

/// What an operation reads beside its sample: values of whole frames.
pub struct Planes<'a, W> {
    /// The pictures of its sources; empty where there are fewer.
    pub pictures: [&'a [W]; 2],
}

/// Makes the kernel's operation.
trait Bind<W>: Send + Sync {
    fn bind<'a>(&'a self, planes: Planes<'a, W>) -> PointOp<'a, W>;
}

/// A function of values that it keeps.
struct Bound<D, F> {
    kept: D,
    bind: F,
}

impl<W, D: Send + Sync, F> Bind<W> for Bound<D, F>
where
    F: for<'a> Fn(&'a D, Planes<'a, W>) -> PointOp<'a, W> + Send + Sync,
{
    fn bind<'a>(&'a self, planes: Planes<'a, W>) -> PointOp<'a, W> {
        (self.bind)(&self.kept, planes)
    }
}

/// What the kernel is given.
#[derive(Clone)]
enum Kernel<W> {
    Bound(Arc<dyn Bind<W>>),
    Mask(Arc<Vec<bool>>),
}

/// A step that touches each sample by itself.
#[derive(Clone)]
pub struct Op<W> {
    sources: Vec<Source<W>>,
    /// Whether a window's picture is divided by its own mean first.
    normalised: bool,
    kernel: Kernel<W>,
    told: Option<Told<W>>,
}

/// What a person is told of divisors that are 0, or nearer to it than some value.
#[derive(Clone)]
pub struct Told<W> {
    /// What is true of their pixels: `have no value …`.
    pub what: Arc<str>,
    /// The smallest divisor, not below 0.
    pub below: W,
}

impl<W: Working> Told<W> {
    /// Whether it is true of a divisor.
    pub fn is(&self, divisor: W) -> bool {
        let size = divisor.to_f64().abs();
        (size == 0.0) | (size < self.below.to_f64())
    }
}

impl<W> fmt::Debug for Op<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sources, normalised) = (self.sources.len(), self.normalised);
        f.debug_struct("Op")
            .field("sources", &sources)
            .field("normalised", &normalised)
            .finish_non_exhaustive()
    }
}

impl<W: Working> Op<W> {
    /// An operation with up to two sources, the first of which may be a window. `bind` makes the kernel's operation of
    /// what is `kept` and of the sources' pictures; [`PointOp::Map`] takes any function of a sample.
    pub fn new<D: Send + Sync + 'static>(
        sources: impl Into<Vec<Source<W>>>,
        kept: D,
        bind: impl for<'a> Fn(&'a D, Planes<'a, W>) -> PointOp<'a, W> + Send + Sync + 'static,
    ) -> Self {
        let kernel = Kernel::Bound(Arc::new(Bound { kept, bind }));
        Self { sources: sources.into(), normalised: false, kernel, told: None }
    }

    /// Values stay what they are.
    pub fn unchanged() -> Self {
        let (low, high) = (W::from_f64(f64::NEG_INFINITY), W::from_f64(f64::INFINITY));
        Self::new([], (low, high), |&(low, high), _| PointOp::Limits { low, high })
    }

    /// Samples of pixels that are not valid become missing.
    pub fn mask(valid: Arc<Vec<bool>>) -> Self {
        Self { sources: Vec::new(), normalised: false, kernel: Kernel::Mask(valid), told: None }
    }

    /// The same with a window's picture divided by its own mean first.
    #[must_use]
    pub fn normalised(self, normalised: bool) -> Self {
        Self { normalised, ..self }
    }

    /// The same, where a person is told of pixels of its window's pictures.
    #[must_use]
    pub fn telling(self, told: Told<W>) -> Self {
        Self { told: self.has_window().then_some(told), ..self }
    }

    /// What a person is told of pixels of its window's pictures.
    pub fn told(&self) -> Option<&Told<W>> {
        self.told.as_ref()
    }

    /// The window over time whose picture it reads.
    pub fn window(&self) -> Option<(Method, Window)> {
        self.sources.iter().find_map(|source| match source {
            Source::Window { method, window } => Some((*method, *window)),
            Source::Constant(_) => None,
        })
    }

    /// Whether the window's picture is divided by its own mean first.
    pub fn is_normalised(&self) -> bool {
        self.normalised && self.has_window()
    }

    /// Whether it reads a window over time.
    pub fn has_window(&self) -> bool {
        self.window().is_some()
    }

    /// The kernel's operation; `moving` is the window's picture, where a source is one.
    pub fn bind<'a>(&'a self, moving: &'a [W], channels: usize) -> PointOp<'a, W> {
        let picture = |index: usize| match self.sources.get(index) {
            Some(Source::Constant(values)) => values.as_slice(),
            Some(Source::Window { .. }) => moving,
            None => &[],
        };
        match &self.kernel {
            Kernel::Bound(bound) => bound.bind(Planes { pictures: [picture(0), picture(1)] }),
            Kernel::Mask(valid) => PointOp::Mask { valid, channels },
        }
    }

    /// The same for the pixels of `rect` alone.
    #[must_use]
    pub fn part(&self, shape: FrameShape, rect: Rect) -> Self {
        let source = |source: &Source<W>| match source {
            Source::Constant(values) => Source::Constant(Arc::new(cut(values, shape, rect))),
            window @ Source::Window { .. } => window.clone(),
        };
        let kernel = match &self.kernel {
            Kernel::Mask(valid) => {
                Kernel::Mask(Arc::new(cut(valid, FrameShape { channels: 1, ..shape }, rect)))
            }
            bound @ Kernel::Bound(_) => bound.clone(),
        };
        let (normalised, told) = (self.normalised, self.told.clone());
        Self { sources: self.sources.iter().map(source).collect(), normalised, kernel, told }
    }
}

/// The samples of `rect` out of those of a frame.
fn cut<T: Copy>(values: &[T], shape: FrameShape, rect: Rect) -> Vec<T> {
    let row = |y: usize| (y * shape.width + rect.x) * shape.channels;
    (rect.y..rect.y + rect.height)
        .flat_map(|y| &values[row(y)..row(y) + rect.width * shape.channels])
        .copied()
        .collect()
}

type Run<W> = dyn Fn(&[W], FrameShape, &mut [W], &Cancel) + Send + Sync;

/// A step that reads pixels around each pixel.
#[derive(Clone)]
pub struct InSpace<W> {
    reach: usize,
    run: Arc<Run<W>>,
}

impl<W> fmt::Debug for InSpace<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InSpace").field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl<W> InSpace<W> {
    /// `run` makes a frame of another; it reads no pixel farther than `reach` in either direction, and looks at whether
    /// to stop at least once per [`Cancel::WORK`] steps.
    pub fn new(
        reach: usize,
        run: impl Fn(&[W], FrameShape, &mut [W], &Cancel) + Send + Sync + 'static,
    ) -> Self {
        Self { reach, run: Arc::new(run) }
    }

    /// Pixels around a pixel that it reads, in each direction.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// The frame that it makes of `input`; half of it where `cancel` stops it.
    pub fn run(&self, input: &[W], shape: FrameShape, out: &mut [W], cancel: &Cancel) {
        (self.run)(input, shape, out, cancel);
    }
}

/// A step that reads frames around each frame.
#[derive(Clone, Debug)]
pub enum OverTime {
    /// A statistic of the frames of a centred window that exist.
    Statistic(Method, Window),
    /// The weighted mean of an odd number of frames, the frame itself in the middle. Frames beyond the ends of the
    /// timeline do not exist; the weights of the others are scaled up.
    Weights(Arc<[f64]>),
}

impl OverTime {
    /// The window as a statistic; `None` for weighted means.
    pub fn statistic(&self) -> Option<(Method, Window)> {
        match self {
            Self::Statistic(method, window) => Some((*method, *window)),
            Self::Weights(_) => None,
        }
    }

    /// The frames that are read.
    pub fn window(&self) -> Window {
        match self {
            Self::Statistic(_, window) => *window,
            Self::Weights(weights) => Window { len: weights.len(), lag: 0, direction: Direction::Centred },
        }
    }
}
