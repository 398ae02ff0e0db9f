//! A picture over the one before it, on a terminal (ECMA-48: CUP, EL and ED). Pure.

/// Goes to the corner and writes each line over what stands there; what is left of the old picture is erased.
pub(super) fn frame(picture: &str) -> String {
    let mut frame = String::from("\x1b[H");
    for line in picture.split('\n') {
        frame.push_str(line);
        frame.push_str("\x1b[K\n");
    }
    frame.push_str("\x1b[J");
    frame
}

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn a_shorter_picture_leaves_nothing_of_a_longer_one() {
        assert_eq!(frame("a\nb\n"), "\x1b[Ha\x1b[K\nb\x1b[K\n\x1b[K\n\x1b[J");
    }
}
