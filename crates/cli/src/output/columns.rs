//! Lines with tabs as columns, by the rules of Go's `text/tabwriter`: a column is a block of cells that end with a tab in
//! lines that follow each other, and is as wide as the widest of them.

/// Aligns the lines of `text`: cells are at least `least` wide and `padding` apart. What follows the last tab of a line
/// belongs to no column.
pub(crate) fn align(text: &str, least: usize, padding: usize) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|cells| vec![0; cells.len()]).collect();
    measure(&lines, &mut widths, 0..lines.len(), 0, (least, padding));
    let mut output = String::with_capacity(text.len() * 2);
    for (number, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
        if number > 0 {
            output.push('\n');
        }
        for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
            output.push_str(cell);
            if index + 1 < cells.len() {
                output.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count())));
            }
        }
    }
    output
}

/// Finds the blocks of one column in a range of lines, and below each block those of the next column.
fn measure(
    lines: &[Vec<&str>],
    widths: &mut [Vec<usize>],
    range: std::ops::Range<usize>,
    column: usize,
    (least, padding): (usize, usize),
) {
    let mut at = range.start;
    while at < range.end {
        if lines[at].len() <= column + 1 {
            at += 1;
            continue;
        }
        let end = (at..range.end).find(|line| lines[*line].len() <= column + 1).unwrap_or(range.end);
        let widest = lines[at..end].iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
        let width = (widest + padding).max(least);
        for line in &mut widths[at..end] {
            line[column] = width;
        }
        measure(lines, widths, at..end, column + 1, (least, padding));
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text = align("ID\tNAME\tX\nabcdefghijkl\tb\ty\n1\ta long name\tz\n", 10, 3);
        expect![[r#"
            ID             NAME          X
            abcdefghijkl   b             y
            1              a long name   z
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn a_line_without_tabs_ends_a_block() {
        let text = align("aaa\tb\nno tabs\nc\td", 0, 1);
        assert_eq!(text, "aaa b\nno tabs\nc d");
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert_eq!(align("äöü\tx\nabcd\ty", 0, 1), "äöü  x\nabcd y");
    }
}
