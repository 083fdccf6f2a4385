//! Statistics of upright zones from what was gathered of the image around: for zones that are dragged.

use blitz_core::{DType, FrameShape, Rect, SamplesRef, typed};

use crate::element::Integer;
use crate::reduce::exact_variance;
use crate::simd::{self, Level, Work};
use crate::zone::ZoneStats;

/// Rows that become one.
const ROWS: usize = 16;

/// Of a region of one frame of integers of up to 16 bit and one channel: sums and squares of all that lies above
/// each 16th row and left of every column, and the extremes of every column between two such rows. An upright
/// rectangle inside the region then needs the sums at its corners, a sixteenth of its rows of extremes, and at
/// most 15 rows of samples on either side, all of them contiguous; so it reads about a fifth of what
/// [`zone_stats`](crate::zone_stats) reads.
///
/// # Precision
/// Exact integers: the bits of [`zone_stats`](crate::zone_stats).
///
/// # Memory
/// [`ZoneBlocks::bytes`]: about 1¼ bytes per pixel of the region.
#[derive(Clone, Debug)]
pub struct ZoneBlocks {
    region: Rect,
    columns: Columns,
}

#[derive(Clone, Debug)]
enum Columns {
    U8(Gathered<u8>),
    U16(Gathered<u16>),
    I16(Gathered<i16>),
}

#[derive(Clone, Debug)]
struct Gathered<S> {
    /// Sums, and sums of squares, of what lies above row 16·i and left of column j of the region, as they wrap: one
    /// row more than there are blocks, one column more than the region has.
    sums: Vec<[u64; 2]>,
    /// Extremes of rows 16·i to 16·i + 15, a row of the region's width each.
    min: Vec<S>,
    max: Vec<S>,
}

/// Integers of up to 16 bit.
trait Short: Integer {
    fn wide(self) -> i32;
    fn squared(self) -> u64;
}

macro_rules! short {
    ($($t:ty),*) => {$(
        impl Short for $t {
            #[inline(always)]
            fn wide(self) -> i32 { i32::from(self) }
            // Below 2³²: one 32-bit multiplication.
            #[inline(always)]
            fn squared(self) -> u64 { { let v = i32::from(self).unsigned_abs(); u64::from(v * v) } }
        }
    )*};
}
short!(u8, u16, i16);

impl ZoneBlocks {
    /// Bytes that a region takes per frame; `None` where there is nothing to gather: other types, several
    /// channels, or more than 2¹⁵ rows.
    pub fn bytes(dtype: DType, channels: usize, region: Rect) -> Option<usize> {
        let short = matches!(dtype, DType::U8 | DType::U16 | DType::I16);
        let blocks = region.height / ROWS;
        (short && channels == 1 && region.height <= 1 << 15)
            .then(|| (region.width + 1) * (blocks + 1) * 16 + region.width * blocks * 2 * dtype.size())
    }

    /// Gathers a region of a frame: one pass over it. `None` as in [`ZoneBlocks::bytes`].
    ///
    /// # Panics
    /// If the frame does not have the shape or the region leaves it.
    pub fn new(frame: SamplesRef<'_>, shape: FrameShape, region: Rect) -> Option<Self> {
        assert_eq!(frame.len(), shape.samples(), "frame has the shape");
        assert!(region.fits(shape), "region {region} lies inside the frame");
        Self::bytes(frame.dtype(), shape.channels, region)?;
        let level = Level::current();
        let width = shape.width;
        let columns = match frame {
            SamplesRef::U8(frame) => Columns::U8(simd::run(level, Gather { frame, width, region })),
            SamplesRef::U16(frame) => Columns::U16(simd::run(level, Gather { frame, width, region })),
            SamplesRef::I16(frame) => Columns::I16(simd::run(level, Gather { frame, width, region })),
            _ => return None,
        };
        Some(Self { region, columns })
    }

    /// The statistics of the rectangle `zone` of the frame that was gathered; no median.
    ///
    /// # Panics
    /// If the zone has no pixel or leaves the region, or the frame has another type or shape.
    pub fn stats(&self, frame: SamplesRef<'_>, shape: FrameShape, zone: Rect) -> ZoneStats {
        let Self { region, columns } = self;
        assert_eq!(frame.len(), shape.samples(), "frame has the shape");
        let inside = zone.x >= region.x
            && zone.y >= region.y
            && zone.x + zone.width <= region.x + region.width
            && zone.y + zone.height <= region.y + region.height;
        assert!(inside && zone.pixels() > 0, "zone {zone} lies inside the region {region}");
        let level = Level::current();
        let (width, region) = (shape.width, *region);
        match columns {
            Columns::U8(all) => simd::run(level, Join { all, frame: typed(frame), width, region, zone }),
            Columns::U16(all) => simd::run(level, Join { all, frame: typed(frame), width, region, zone }),
            Columns::I16(all) => simd::run(level, Join { all, frame: typed(frame), width, region, zone }),
        }
    }
}

struct Gather<'a, S> {
    frame: &'a [S],
    width: usize,
    region: Rect,
}

impl<S: Short> Work for Gather<'_, S> {
    type Output = Gathered<S>;
    #[inline(always)]
    fn run(self) -> Gathered<S> {
        let Self { frame, width, region } = self;
        let (row, blocks) = (region.width, region.height / ROWS);
        let mut all = Gathered {
            sums: vec![[0; 2]; (row + 1) * (blocks + 1)],
            min: vec![S::HIGHEST; row * blocks],
            max: vec![S::LOWEST; row * blocks],
        };
        let (mut sums, mut squares) = (vec![0_i32; row], vec![0_u64; row]);
        for block in 0..blocks {
            let (at, next) = (block * row, (block + 1) * row);
            sums.fill(0);
            squares.fill(0);
            let (min, max) = (&mut all.min[at..next], &mut all.max[at..next]);
            for y in region.y + block * ROWS..region.y + (block + 1) * ROWS {
                let line = &frame[y * width + region.x..y * width + region.x + row];
                for ((&v, sum), square) in line.iter().zip(&mut sums).zip(&mut squares) {
                    *sum += v.wide();
                    *square += v.squared();
                }
                for ((&v, min), max) in line.iter().zip(&mut *min).zip(&mut *max) {
                    *min = v.min(*min);
                    *max = v.max(*max);
                }
            }
            let (above, below) = all.sums[block * (row + 1)..(block + 2) * (row + 1)].split_at_mut(row + 1);
            let mut left = [0_u64; 2];
            for (j, (&sum, &square)) in sums.iter().zip(&squares).enumerate() {
                left = [left[0].wrapping_add_signed(sum.into()), left[1].wrapping_add(square)];
                below[j + 1] = [above[j + 1][0].wrapping_add(left[0]), above[j + 1][1].wrapping_add(left[1])];
            }
        }
        all
    }
}

struct Join<'a, S> {
    all: &'a Gathered<S>,
    frame: &'a [S],
    width: usize,
    region: Rect,
    zone: Rect,
}

impl<S: Short> Work for Join<'_, S> {
    type Output = ZoneStats;
    #[inline(always)]
    fn run(self) -> ZoneStats {
        let Self { all, frame, width, region, zone } = self;
        let (top, bottom) = (zone.y - region.y, zone.y + zone.height - region.y);
        let (first, last) = (top.div_ceil(ROWS), bottom / ROWS);
        let (mut sum, mut squares, mut min, mut max) = (0_i64, 0_u64, S::HIGHEST, S::LOWEST);
        let row = region.width;
        let columns = zone.x - region.x..zone.x - region.x + zone.width;
        let line = |index: usize| index * row + columns.start..index * row + columns.end;
        let (above, below) = if first < last {
            let between = |of: usize| {
                let left_of = |column: usize| {
                    let at = |block: usize| all.sums[block * (row + 1) + column][of];
                    at(last).wrapping_sub(at(first))
                };
                left_of(columns.end).wrapping_sub(left_of(columns.start))
            };
            (sum, squares) = (between(0).cast_signed(), between(1));
            for block in first..last {
                min = all.min[line(block)].iter().fold(min, |min, v| min.min(*v));
                max = all.max[line(block)].iter().fold(max, |max, v| max.max(*v));
            }
            (top..first * ROWS, last * ROWS..bottom)
        } else {
            (top..bottom, bottom..bottom)
        };
        for y in above.chain(below) {
            let start = (region.y + y) * width + zone.x;
            let samples = &frame[start..start + zone.width];
            for v in samples {
                sum += v.to_i64();
            }
            for v in samples {
                squares += v.squared();
            }
            min = samples.iter().fold(min, |min, v| min.min(*v));
            max = samples.iter().fold(max, |max, v| max.max(*v));
        }
        let n = zone.pixels() as u64;
        ZoneStats {
            n,
            missing: 0,
            mean: sum as f64 / n as f64,
            sum: sum as f64,
            min: min.to_f64(),
            max: max.to_f64(),
            std: exact_variance(n, sum.into(), squares.into(), 0).sqrt(),
            median: f64::NAN,
        }
    }
}
