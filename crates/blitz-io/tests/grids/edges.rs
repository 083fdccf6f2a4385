//! What belongs to the picture: empty cells, columns that count, values that stand for none.

use super::{Read, bad, good, lines};

/// Values as text, missing ones as `_`.
fn shown(found: &Read) -> String {
    let row = |row: &[f64]| {
        row.iter().map(|v| if v.is_nan() { "_".to_owned() } else { v.to_string() }).collect::<Vec<_>>()
    };
    found.values.chunks(found.size.1).map(|values| row(values).join(" ")).collect::<Vec<_>>().join("/")
}

#[test]
fn empty_cells_at_edges_are_pixels() {
    for (text, expected) in [
        (",,,\n,1,2,\n,3,4,\n,,,\n", "_ _ _ _/_ 1 2 _/_ 3 4 _/_ _ _ _"),
        (";;;\n;1,5;2;\n;3;4;\n;;;\n", "_ _ _ _/_ 1.5 2 _/_ 3 4 _/_ _ _ _"),
        ("\t\t\t\n\t1\t2\t\n\t3\t4\t\n\t\t\t\n", "_ _ _ _/_ 1 2 _/_ 3 4 _/_ _ _ _"),
        ("\t1.5\t2.5\n\t-3\t4.25\n", "_ 1.5 2.5/_ -3 4.25"),
        ("\t\n1\t2\n \n\t\n3\t4\n", "_ _/1 2/_ _/3 4"),
        // Two empty columns are no ends of lines.
        ("1.5;2.5;;\n-3;4.25;;\n", "1.5 2.5 _ _/-3 4.25 _ _"),
        (";1;\n;2;\n", "_ 1 _/_ 2 _"),
        // One may be.
        ("1;2;\n3;4;\n", "1 2/3 4"),
        ("1;;\n3;4;\n;;\n", "1 _/3 4/_ _"),
        ("nan;2;\nnan;4;\n", "_ 2/_ 4"),
        ("a;b;\n1;2;\n3;4;\n", "1 2/3 4"),
        ("a;b\n1;2;\n3;4;\n", "1 2/3 4"),
        // It is one where it has a title, or quotes stand in it.
        ("a;b;c\n1;2;\n3;4;\n", "1 2 _/3 4 _"),
        ("1;2;\"\"\n3;4;\"\"\n", "1 2 _/3 4 _"),
        ("1;2;\"\"\n3;4;\n", "1 2 _/3 4 _"),
        ("ncols 3\nnrows 2\n1;2;\n3;4;\n", "1 2 _/3 4 _"),
        // Rows without a value behind a header, and what is header.
        ("a;b\n;\n1;2\n", "_ _/1 2"),
        ("Camera 7\n;\n1;2\n", "_ _/1 2"),
        ("Camera;;\n;;\n1;2;3\n", "1 2 3"),
        ("a;b\n---;---\n1;2\n", "1 2"),
        ("1\n\t\n2\n", "1/2"),
        // Tabs that are no row, and those in front of a comment.
        ("1\t2\t3\n4\t5\t6\n\t\n", "1 2 3/4 5 6"),
        ("1\t2\n\t# comment\n3\t4\n", "1 2/3 4"),
    ] {
        let found = good(text);
        assert_eq!(shown(&found), expected, "{text:?}: {}", found.notes);
    }
    // Lines that are too short, too long, cut.
    for (text, word) in [
        ("1;2;3\n;;;;\n4;5;6\n", "line 2 has 5 cells"),
        ("1;2;3\n;\n4;5;6\n", "line 2 has 2 cells"),
        ("1\t2\t3\n\t\n4\t5\t6\n\t", "breaks off"),
        ("a;b;c\n1;2;\n3;4\n5;6;\n", "line 3 has 2 cells"),
    ] {
        assert!(bad(text).contains(word), "{text:?}: {}", bad(text));
    }
}

#[test]
fn a_column_that_counts_is_left_out_where_a_title_says_so() {
    let rows = |n: usize, from: usize| lines(n, |i| format!("{} {} 7", i + from, i * i % 5));
    let parted = |title: &str| format!("{title}\n{}", rows(4, 1)).replace(' ', ";");
    for (text, width, kept) in [
        (format!("i a b\n{}", rows(4, 0)), 2, false),
        (format!("\"a\" \"b\"\n{}", rows(4, 1)), 2, false),
        (format!("  a b\n{}", rows(4, 1)), 2, false),
        (parted(" a b"), 2, false),
        (parted("a b"), 2, false),
        (parted("# a b"), 2, false),
        (parted("Nr. a b"), 2, false),
        (parted("\"Index\" a b"), 2, false),
        (parted("row a b ").replace(";7", ";7;"), 2, false),
        // What says nothing of rows.
        (rows(8, 0), 3, true),
        (rows(8, 1), 3, true),
        (rows(8, 2), 3, false),
        (parted("x a b"), 3, true),
        (parted("a b c ").replace(";7", ";7;"), 3, true),
        (parted("a b c").replace(";7", ";7;"), 3, true),
        (format!("a b\n{}", rows(4, 1)), 3, true),
        (format!("# a b\n{}", rows(4, 1)), 3, true),
        (format!("some text of more words\n{}", rows(5, 0)), 3, true),
        (format!("ncols 3\nnrows 8\n{}", rows(8, 0)), 3, false),
        (format!("ncols 3\nnrows 8\nrow a b\n{}", rows(8, 0)), 3, false),
        // Too few rows.
        (format!("i a b\n{}", rows(3, 0)), 3, false),
        // Coordinates along both edges.
        (";5;6\n1.5;3;9\n2.5;7;1\n3.5;8;8\n4;1;1\n".to_owned(), 2, false),
        // A mark of a missing value in the corner belongs to the picture.
        ("nan;5;6\n1.5;3;9\n2.5;7;1\n3.5;8;8\n4;1;1\n".to_owned(), 3, false),
        // The first column does not rise.
        (";5;6\n1.5;3;9\n2.5;7;1\n2.5;8;8\n4;1;1\n".to_owned(), 3, false),
        // One column must be left beside another.
        (lines(9, |i| format!("{i} 5")), 2, false),
        // A ramp.
        (lines(9, |i| format!("{i} {} {}", i + 1, i + 2)), 3, false),
    ] {
        let found = good(&text);
        assert_eq!(found.size.1, width, "{text}");
        let is_left_out = width == 2 && !text.ends_with("8 5\n");
        assert_eq!(found.notes.contains("not part of the picture"), is_left_out, "{text}");
        assert_eq!(found.notes.contains("and is part of the picture"), kept, "{text}: {}", found.notes);
    }
}

#[test]
fn values_that_stand_for_none_are_missing_wherever_a_header_names_them() {
    let rows = "1 -9999\n-9999.0 4\n";
    let grid = "ncols 2\nnrows 2\ncellsize 1\n";
    for (header, noted) in [
        ("NODATA_value -9999\n", "Cells of -9999 are missing (NaN), as the header says."),
        ("nodata: -9999\n", "Cells of -9999 are missing (NaN), as the header says."),
        ("Camera 7\nNODATA = -9999\n", "a header line is not read ('Camera 7')"),
        (&format!("{grid}NODATA_value -9999\n"), "ESRI ASCII grid: cellsize 1"),
        (&format!("NODATA_value -9999\n{grid}"), "cells of -9999 are missing (NaN)."),
    ] {
        let found = good(&format!("{header}{rows}"));
        assert_eq!(shown(&found), "1 _/_ 4", "{header}");
        assert!(
            found.notes.contains(noted) && found.notes.contains("2 cells are missing"),
            "{}",
            found.notes
        );
        assert_eq!(found.notes.contains("not read"), header.contains("Camera"), "{}", found.notes);
    }
    assert_eq!(shown(&good("NODATA_value;-9999;\n1;-9999;\n2;4;\n")), "1 _/2 4");
    // One line of its header is no grid, but holds.
    let found = good("ncols 2\ncellsize 1\n1 2\n3 4\n");
    assert!(!found.notes.contains("ESRI") && found.notes.contains("'cellsize 1'"), "{}", found.notes);
    assert!(bad("nrows 3\n1 2\n3 4\n").contains("nrows 3"));
}
