//! Every colour of every map against tables computed by matplotlib and numpy.

use blitz_draw::ColorMap;

const REFERENCE: &str = include_str!("reference/colormaps.csv");

fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01B3))
}

#[test]
fn tables_equal_the_reference() {
    assert_eq!(REFERENCE.lines().count(), ColorMap::ALL.len());
    for (map, line) in ColorMap::ALL.into_iter().zip(REFERENCE.lines()) {
        let mut fields = line.split(',');
        assert_eq!(fields.next(), Some(map.name()), "order of the presets");
        let hash = fields.next().expect("a hash");
        let table = map.table();
        for (i, expected) in fields.enumerate() {
            let [r, g, b] = table[i * 15];
            assert_eq!(format!("{r:02x}{g:02x}{b:02x}"), expected, "{map} entry {}", i * 15);
        }
        let found = fnv1a(table.iter().flatten().copied());
        assert_eq!(format!("{found:016x}"), hash, "{map}: all 256 entries");
    }
}

#[test]
fn names_round_trip_and_both_spellings_of_grey_are_read() {
    for map in ColorMap::ALL {
        assert_eq!(ColorMap::parse(map.name()), Ok(map));
        assert_eq!(map.to_string().to_uppercase().parse(), Ok(map));
    }
    assert_eq!(ColorMap::parse(" gray "), Ok(ColorMap::Grey));
    assert_eq!(ColorMap::parse("GrayClip"), Ok(ColorMap::GreyClip));
    let error = ColorMap::parse("jet").expect_err("there is no jet").to_string();
    assert!(error.contains("'jet'") && error.contains("turbo"), "{error}");
}

#[test]
fn samples_are_clipped_and_rounded() {
    let grey = |u: f32| ColorMap::Grey.sample(u)[0];
    assert_eq!([grey(-1.0), grey(0.0), grey(1.0), grey(f32::INFINITY), grey(f32::NAN)], [0, 0, 255, 255, 0]);
    assert_eq!([grey(0.49 / 255.0), grey(0.51 / 255.0), grey(0.5)], [0, 1, 128]);
}

#[test]
fn special_colours_are_in_no_map() {
    use blitz_draw::{MISSING_COLOR, NEG_INF_COLOR, POS_INF_COLOR};
    for map in ColorMap::ALL {
        for color in [MISSING_COLOR, NEG_INF_COLOR, POS_INF_COLOR] {
            let apart = |c: &[u8; 3]| (0..3).map(|i| c[i].abs_diff(color[i])).max() >= Some(8);
            assert!(map.table().iter().all(apart), "{map} comes close to {color:?}");
        }
    }
}
