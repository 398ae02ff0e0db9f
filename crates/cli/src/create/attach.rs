//! Which streams a new container is attached to.

/// stdin, stdout and stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attached {
    pub(super) stdin: bool,
    pub(super) stdout: bool,
    pub(super) stderr: bool,
}

/// Without `--attach` both outputs are; `--interactive` adds stdin in any case.
pub(super) fn streams(named: &[String], interactive: bool) -> Attached {
    let has = |stream: &str| named.iter().any(|name| name.eq_ignore_ascii_case(stream));
    let outputs = named.is_empty();
    Attached {
        stdin: interactive || has("stdin"),
        stdout: outputs || has("stdout"),
        stderr: outputs || has("stderr"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn naming_a_stream_leaves_the_others_out() {
        let check = |named: &[&str], interactive| {
            let named: Vec<String> = named.iter().map(|&name| name.to_owned()).collect();
            let Attached { stdin, stdout, stderr } = streams(&named, interactive);
            (stdin, stdout, stderr)
        };
        assert_eq!(check(&[], false), (false, true, true));
        assert_eq!(check(&["STDERR"], false), (false, false, true));
        assert_eq!(check(&["stdin"], false), (true, false, false));
        assert_eq!(check(&["stdout"], true), (true, true, false));
    }
}
