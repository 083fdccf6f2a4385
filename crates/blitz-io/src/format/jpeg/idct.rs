//! The inverse cosine transform of 8 × 8 coefficients, with the values of libjpeg's accurate integer one (`jidctint.c`;
//! Loeffler, Ligtenberg and Moschytz 1989): columns, then rows, 13 bits of constants, 2 more of what lies between.

#![allow(unsafe_code, reason = "functions with target features are called")]

const CONST_BITS: u32 = 13;
const PASS1_BITS: u32 = 2;
/// Shifts behind columns and rows.
const FIRST: u32 = CONST_BITS - PASS1_BITS;
const SECOND: u32 = CONST_BITS + PASS1_BITS + 3;

const C0_298: i32 = 2446;
const C0_390: i32 = 3196;
const C0_541: i32 = 4433;
const C0_765: i32 = 6270;
const C0_899: i32 = 7373;
const C1_175: i32 = 9633;
const C1_501: i32 = 12299;
const C1_847: i32 = 15137;
const C1_961: i32 = 16069;
const C2_053: i32 = 16819;
const C2_562: i32 = 20995;
const C3_072: i32 = 25172;

/// A block of which only the mean is not 0.
pub(super) fn flat(level: i16, step: i16) -> [u8; 64] {
    let between = level.wrapping_mul(step) << PASS1_BITS;
    [pixel((i32::from(between) + 16) >> 5); 64]
}

fn pixel(value: i32) -> u8 {
    (value + 128).clamp(0, 255) as u8
}

/// One line of 8.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn line(v: [i32; 8], shift: u32) -> [i32; 8] {
    let z1 = (v[2] + v[6]) * C0_541;
    let (t2, t3) = (z1 - v[6] * C1_847, z1 + v[2] * C0_765);
    let (t0, t1) = ((v[0] + v[4]) << CONST_BITS, (v[0] - v[4]) << CONST_BITS);
    let (e0, e3, e1, e2) = (t0 + t3, t0 - t3, t1 + t2, t1 - t2);
    let (z1, z2, z3, z4) = (v[7] + v[1], v[5] + v[3], v[7] + v[3], v[5] + v[1]);
    let z5 = (z3 + z4) * C1_175;
    let (z1, z2) = (-z1 * C0_899, -z2 * C2_562);
    let (z3, z4) = (z5 - z3 * C1_961, z5 - z4 * C0_390);
    let o0 = v[7] * C0_298 + z1 + z3;
    let o1 = v[5] * C2_053 + z2 + z4;
    let o2 = v[3] * C3_072 + z2 + z3;
    let o3 = v[1] * C1_501 + z1 + z4;
    [e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3]
        .map(|sum| (sum + (1 << (shift - 1))) >> shift)
}

/// The pixels of coefficients that are to be multiplied with their steps. Products and sums that need more than 16 bits
/// come of no image.
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(super) fn by_lines(coefficients: &[i16; 64], steps: &[i16; 64]) -> [u8; 64] {
    let (mut between, mut out) = ([[0; 8]; 8], [0; 64]);
    for x in 0..8 {
        let column = |y: usize| i32::from(coefficients[8 * y + x].wrapping_mul(steps[8 * y + x]));
        for (row, value) in between.iter_mut().zip(line(std::array::from_fn(column), FIRST)) {
            row[x] = i32::from(value as i16);
        }
    }
    for (out, row) in out.as_chunks_mut::<8>().0.iter_mut().zip(between) {
        *out = line(row, SECOND).map(pixel);
    }
    out
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) use by_lines as block;
/// The same as [`block`] with vectors of eight, two products and their sum at once.
#[cfg(target_arch = "x86_64")]
macro_rules! vectors {
    ($name:ident, $features:literal) => {
        mod $name {
            use std::arch::x86_64::{
                __m128i, _mm_add_epi8, _mm_add_epi16, _mm_add_epi32, _mm_cmpeq_epi8, _mm_cvtsi32_si128,
                _mm_cvtsi128_si64, _mm_madd_epi16, _mm_movemask_epi8, _mm_mullo_epi16, _mm_or_si128,
                _mm_packs_epi16, _mm_packs_epi32, _mm_set_epi16, _mm_set1_epi8, _mm_set1_epi32,
                _mm_setzero_si128, _mm_slli_epi16, _mm_sra_epi32, _mm_srai_epi32, _mm_sub_epi16,
                _mm_sub_epi32, _mm_unpackhi_epi8, _mm_unpackhi_epi16, _mm_unpackhi_epi32, _mm_unpackhi_epi64,
                _mm_unpacklo_epi8, _mm_unpacklo_epi16, _mm_unpacklo_epi32,
            };

            use super::*;

            /// Both halves of eight sums of 32 bits.
            type Wide = (__m128i, __m128i);

            #[inline]
            #[target_feature(enable = $features)]
            fn factors(a: i32, b: i32) -> __m128i {
                let (a, b) = (a as i16, b as i16);
                _mm_set_epi16(b, a, b, a, b, a, b, a)
            }

            /// x·a + y·b.
            #[inline]
            #[target_feature(enable = $features)]
            fn sum(x: __m128i, y: __m128i, factors: __m128i) -> Wide {
                let (low, high) = (_mm_unpacklo_epi16(x, y), _mm_unpackhi_epi16(x, y));
                (_mm_madd_epi16(low, factors), _mm_madd_epi16(high, factors))
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn plus(x: Wide, y: Wide) -> Wide {
                (_mm_add_epi32(x.0, y.0), _mm_add_epi32(x.1, y.1))
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn minus(x: Wide, y: Wide) -> Wide {
                (_mm_sub_epi32(x.0, y.0), _mm_sub_epi32(x.1, y.1))
            }

            /// x·2^13.
            #[inline]
            #[target_feature(enable = $features)]
            fn shifted(x: __m128i) -> Wide {
                const DOWN: i32 = 16 - CONST_BITS as i32;
                let zero = _mm_setzero_si128();
                (
                    _mm_srai_epi32::<DOWN>(_mm_unpacklo_epi16(zero, x)),
                    _mm_srai_epi32::<DOWN>(_mm_unpackhi_epi16(zero, x)),
                )
            }

            /// Eight lines of 8 at once.
            #[inline]
            #[target_feature(enable = $features)]
            fn lines(v: [__m128i; 8], shift: u32) -> [__m128i; 8] {
                let t3 = sum(v[2], v[6], factors(C0_541 + C0_765, C0_541));
                let t2 = sum(v[2], v[6], factors(C0_541, C0_541 - C1_847));
                let (t0, t1) = (shifted(_mm_add_epi16(v[0], v[4])), shifted(_mm_sub_epi16(v[0], v[4])));
                let (e0, e3, e1, e2) = (plus(t0, t3), minus(t0, t3), plus(t1, t2), minus(t1, t2));
                let (z3, z4) = (_mm_add_epi16(v[7], v[3]), _mm_add_epi16(v[5], v[1]));
                let third = sum(z3, z4, factors(C1_175 - C1_961, C1_175));
                let fourth = sum(z3, z4, factors(C1_175, C1_175 - C0_390));
                let o0 = plus(sum(v[7], v[1], factors(C0_298 - C0_899, -C0_899)), third);
                let o3 = plus(sum(v[7], v[1], factors(-C0_899, C1_501 - C0_899)), fourth);
                let o1 = plus(sum(v[5], v[3], factors(C2_053 - C2_562, -C2_562)), fourth);
                let o2 = plus(sum(v[5], v[3], factors(-C2_562, C3_072 - C2_562)), third);
                let (half, shift) = (_mm_set1_epi32(1 << (shift - 1)), _mm_cvtsi32_si128(shift as i32));
                let rounded = |x: Wide| {
                    _mm_packs_epi32(
                        _mm_sra_epi32(_mm_add_epi32(x.0, half), shift),
                        _mm_sra_epi32(_mm_add_epi32(x.1, half), shift),
                    )
                };
                [
                    plus(e0, o3),
                    plus(e1, o2),
                    plus(e2, o1),
                    plus(e3, o0),
                    minus(e3, o0),
                    minus(e2, o1),
                    minus(e1, o2),
                    minus(e0, o3),
                ]
                .map(rounded)
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn transposed(v: [__m128i; 8]) -> [__m128i; 8] {
                let step = |v: [__m128i; 8]| {
                    let pair =
                        |i: usize| (_mm_unpacklo_epi16(v[i], v[i + 4]), _mm_unpackhi_epi16(v[i], v[i + 4]));
                    let ((a, b), (c, d), (e, f), (g, h)) = (pair(0), pair(1), pair(2), pair(3));
                    [a, b, c, d, e, f, g, h]
                };
                step(step(step(v)))
            }

            #[inline]
            #[target_feature(enable = $features)]
            fn eight(row: [i16; 8]) -> __m128i {
                let [a, b, c, d, e, f, g, h] = row;
                _mm_set_epi16(h, g, f, e, d, c, b, a)
            }

            #[inline]
            #[target_feature(enable = $features)]
            pub(super) fn vectors(coefficients: &[i16; 64], steps: &[i16; 64]) -> [u8; 64] {
                let (coefficients, steps) = (coefficients.as_chunks::<8>().0, steps.as_chunks::<8>().0);
                let row = |i: usize| _mm_mullo_epi16(eight(coefficients[i]), eight(steps[i]));
                let rows = [row(0), row(1), row(2), row(3), row(4), row(5), row(6), row(7)];
                let below = coefficients[1..]
                    .iter()
                    .fold(_mm_setzero_si128(), |all, &row| _mm_or_si128(all, eight(row)));
                let is_one_row = _mm_movemask_epi8(_mm_cmpeq_epi8(below, _mm_setzero_si128())) == 0xffff;
                // As libjpeg does; the two differ where 16 bits are not enough.
                let columns = if is_one_row {
                    [_mm_slli_epi16::<{ PASS1_BITS as i32 }>(rows[0]); 8]
                } else {
                    lines(rows, FIRST)
                };
                // Each vector holds a column of pixels.
                let v = lines(transposed(columns), SECOND);
                let pack = |i: usize| _mm_add_epi8(_mm_packs_epi16(v[i], v[i + 4]), _mm_set1_epi8(-128));
                // Columns 0 and 4, 1 and 5, 2 and 6, 3 and 7.
                let [p0, p1, p2, p3] = [pack(0), pack(1), pack(2), pack(3)];
                // Columns 0 and 2, 1 and 3, 4 and 6, 5 and 7, woven.
                let (a, c) = (_mm_unpacklo_epi8(p0, p2), _mm_unpackhi_epi8(p0, p2));
                let (b, d) = (_mm_unpacklo_epi8(p1, p3), _mm_unpackhi_epi8(p1, p3));
                // Columns 0 to 3 of the upper and lower rows, 4 to 7 of them.
                let (left_up, left_down) = (_mm_unpacklo_epi8(a, b), _mm_unpackhi_epi8(a, b));
                let (right_up, right_down) = (_mm_unpacklo_epi8(c, d), _mm_unpackhi_epi8(c, d));
                let mut out = [0; 64];
                let halves = [(left_up, right_up), (left_down, right_down)];
                for (four, (left, right)) in out.as_chunks_mut::<32>().0.iter_mut().zip(halves) {
                    let (low, high) = (_mm_unpacklo_epi32(left, right), _mm_unpackhi_epi32(left, right));
                    let words = [low, _mm_unpackhi_epi64(low, low), high, _mm_unpackhi_epi64(high, high)];
                    for (row, word) in four.as_chunks_mut::<8>().0.iter_mut().zip(words) {
                        *row = _mm_cvtsi128_si64(word).to_le_bytes();
                    }
                }
                out
            }
        }
    };
}

// Every x86-64 has the first; the second takes the same steps in instructions that spare copies.
#[cfg(target_arch = "x86_64")]
vectors!(sse2, "sse2");
#[cfg(target_arch = "x86_64")]
vectors!(avx2, "avx2");

/// The pixels of coefficients that are to be multiplied with their steps.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn block(coefficients: &[i16; 64], steps: &[i16; 64]) -> [u8; 64] {
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was asked.
        unsafe { avx2::vectors(coefficients, steps) }
    } else {
        // SAFETY: every x86-64 has SSE2.
        unsafe { sse2::vectors(coefficients, steps) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_and_lines_give_the_same() {
        let mut random = 1_u32;
        let mut next = |n: u32| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 8) % n
        };
        for round in 0..20_000 {
            let (mut coefficients, mut sum) = ([0_i16; 64], 0);
            let steps: [i16; 64] = std::array::from_fn(|_| 1 + next(9) as i16);
            for _ in 0..=next(40) {
                let (value, at) = (next(100) as i16 - 50, next(64) as usize);
                sum += i32::from(value.abs()) * i32::from(steps[at]);
                if sum < 5800 {
                    coefficients[at] = value;
                }
            }
            assert_eq!(block(&coefficients, &steps), by_lines(&coefficients, &steps), "{round}");
        }
        for level in -1000..1000 {
            let mut coefficients = [0; 64];
            coefficients[0] = level;
            assert_eq!(flat(level, 3), block(&coefficients, &[3; 64]));
        }
    }
}
