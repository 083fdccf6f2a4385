//! Damage of a directory costs its page, and nothing else.

use super::build::{Page, Value, build};
use super::{frames, opened_bytes, says, shape};
use blitz_io::OpenOptions;

const PAGES: usize = 4;

fn values(page: usize) -> Vec<u8> {
    (0..9 * 7 * 2).map(|i| (i * 5 + page * 31) as u8).collect()
}

fn expected(page: usize) -> Vec<f64> {
    values(page).chunks(2).map(|b| f64::from(u16::from_le_bytes([b[0], b[1]]))).collect()
}

/// The same pages in a file of either byte order.
fn swapped(big_endian: bool) -> Vec<Page> {
    let mut pages = pages();
    if big_endian {
        let strips = pages.iter_mut().flat_map(|page| &mut page.strips);
        strips.flat_map(|strip| strip.chunks_exact_mut(2)).for_each(<[u8]>::reverse);
    }
    pages
}

fn pages() -> Vec<Page> {
    let page = |i| {
        let mut page = Page::new(9, 7, 16, 1, Vec::new())
            .with(254, Value::Long(vec![2]))
            .with(270, Value::Text("made for this test, longer than four bytes"))
            .short(274, 1)
            .with(278, Value::Long(vec![3]))
            .with(282, Value::Fraction(3, 1))
            .with(283, Value::Fraction(3, 1))
            .short(284, 1)
            .short(296, 3)
            .short(339, 1);
        page.strips = values(i).chunks(9 * 3 * 2).map(<[u8]>::to_vec).collect();
        page
    };
    (0..PAGES).map(page).collect()
}

#[test]
fn one_damaged_entry_costs_one_page() {
    for big_endian in [false, true] {
        every_entry_damaged(big_endian);
    }
}

fn every_entry_damaged(big_endian: bool) {
    let built = build(&swapped(big_endian), big_endian);
    // Where in the entry, how many bytes, and what they become.
    let damage: [(&str, usize, usize, u32); 16] = [
        ("type 0", 2, 2, 0),
        ("type 1", 2, 2, 1),
        ("type 2", 2, 2, 2),
        ("type 3", 2, 2, 3),
        ("type 4", 2, 2, 4),
        ("type 12", 2, 2, 12),
        ("type 16", 2, 2, 16),
        ("type 99", 2, 2, 99),
        ("count 0", 4, 4, 0),
        ("count 2", 4, 4, 2),
        ("count 3", 4, 4, 3),
        ("count 65535", 4, 4, 65_535),
        ("count 2³²−1", 4, 4, u32::MAX),
        ("value 2³²−1", 8, 4, u32::MAX),
        ("value 0", 8, 4, 0),
        ("value 5", 8, 4, 5),
    ];
    let mut failed = 0;
    for page in 0..PAGES {
        for (number, &entry) in built.entries[page].iter().enumerate() {
            for (what, at, length, new) in damage {
                let mut bytes = built.bytes.clone();
                let raw = if big_endian {
                    new.to_be_bytes()[4 - length..].to_vec()
                } else {
                    new.to_le_bytes()[..length].to_vec()
                };
                bytes[entry + at..entry + at + length].copy_from_slice(&raw);
                let tag = [bytes[entry], bytes[entry + 1]];
                let tag = if big_endian { u16::from_be_bytes(tag) } else { u16::from_le_bytes(tag) };
                let place =
                    format!("big-endian {big_endian}, page {page}, entry {number} (tag {tag}), {what}");
                let source =
                    opened_bytes(&bytes, &OpenOptions::default()).unwrap_or_else(|e| panic!("{place}: {e}"));
                // A page that says it is a mask or a turned one is believed.
                if matches!(tag, 254 | 274) && what == "value 5" {
                    continue;
                }
                let found = frames(&*source);
                assert_eq!(found.len(), PAGES, "{place}: {:?}", source.info().notes);
                for (i, frame) in found.iter().enumerate() {
                    match frame {
                        Ok(found) => assert!(*found == expected(i), "{place}: frame {i} has other values"),
                        Err(reason) => {
                            assert!(i == page, "{place}: frame {i} failed: {reason}");
                            assert!(reason.contains(".tif"), "{place}: {reason}");
                            failed += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(failed > 200, "{failed}");
}

#[test]
fn the_entry_is_named() {
    let mut built = build(&pages(), false);
    let at = built.entries[1][1];
    built.bytes[at + 2] = 77;
    let source = opened_bytes(&built.bytes, &OpenOptions::default()).expect("the other pages are whole");
    let info = source.info();
    assert_eq!((info.frames, info.faults.len(), info.faults[0].frame), (PAGES, 1, 1));
    assert!(info.faults[0].reason.contains("tag 256 has the unknown type 77"), "{}", info.faults[0]);
    assert!(says(&*source, "1 of 4 pages"), "{:?}", info.notes);
    // Whether a page is a frame at all.
    let mut built = build(&pages(), false);
    let at = built.entries[2][0];
    built.bytes[at + 2] = 77;
    let source = opened_bytes(&built.bytes, &OpenOptions::default()).expect("the other pages are whole");
    assert_eq!((source.info().faults.len(), source.info().faults[0].frame), (1, 2));
    assert!(frames(&*source)[2].as_ref().is_err_and(|reason| reason.contains("tag 254")));
    let mut alone = build(&pages()[..1], false);
    let at = alone.entries[0][0];
    alone.bytes[at + 2] = 77;
    let source = opened_bytes(&alone.bytes, &OpenOptions::default()).expect("a lone page is the image");
    assert_eq!(super::only(&*source), expected(0));
}

#[test]
fn links_that_lead_nowhere_or_back_end_the_pages() {
    let built = build(&pages(), false);
    let first = u32::from_le_bytes(built.bytes[4..8].try_into().expect("four"));
    for (link, target) in
        [(2, first), (4, first), (1, u32::MAX), (3, u32::MAX - 1), (2, 3), (2, built.bytes.len() as u32 - 1)]
    {
        let mut bytes = built.bytes.clone();
        let at = built.links[link];
        bytes[at..at + 4].copy_from_slice(&target.to_le_bytes());
        let source = opened_bytes(&bytes, &OpenOptions::default()).expect("the first pages are whole");
        let (found, notes) = (frames(&*source), &source.info().notes);
        let whole: Vec<_> = found.iter().map_while(|frame| frame.as_ref().ok()).collect();
        assert_eq!(whole.len(), link, "{notes:?}");
        assert!(whole.iter().enumerate().all(|(i, frame)| **frame == expected(i)));
        assert!(
            notes.iter().any(|note| note.contains(&format!("breaks off after page {link}"))),
            "{notes:?}"
        );
        // One frame stands for those behind; a lone image may have anything behind it.
        assert_eq!(found.len(), if link > 1 { link + 1 } else { 1 }, "{notes:?}");
    }
}

#[test]
fn most_pages_decide_what_a_recording_is() {
    let small = Page::new(4, 3, 8, 1, vec![9; 12]);
    let deep = Page::new(9, 7, 8, 1, vec![9; 63]);
    let with = |odd: &[(usize, &Page)]| {
        let mut list = pages();
        for &(at, page) in odd {
            list.insert(at, page.clone());
        }
        opened_bytes(&build(&list, false).bytes, &OpenOptions::default()).expect("read")
    };
    for at in [0, 2, PAGES] {
        let source = with(&[(at, &small)]);
        let info = source.info();
        assert_eq!((info.frames, shape(&*source)), (PAGES + 1, (7, 9, 1)));
        assert_eq!(info.faults.len(), 1);
        let reason = &info.faults[0].reason;
        assert!(reason.contains("4 × 3 pixels") && reason.contains("9 × 7 pixels"), "{reason}");
        let found = frames(&*source);
        let whole: Vec<_> = found.iter().filter_map(|frame| frame.as_ref().ok()).collect();
        assert!(found[at].is_err() && whole.iter().enumerate().all(|(i, frame)| **frame == expected(i)));
    }
    let source = with(&[(0, &deep), (1, &small)]);
    assert_eq!((source.info().faults.len(), source.info().dtype), (2, blitz_core::DType::U16));
    // Equally many: the first kind.
    let both: Vec<Page> = [&deep, &small, &small, &deep].map(Clone::clone).to_vec();
    let source = opened_bytes(&build(&both, false).bytes, &OpenOptions::default()).expect("read");
    assert_eq!((shape(&*source), source.info().faults.len()), ((7, 9, 1), 2));
}
