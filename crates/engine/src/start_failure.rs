//! Why a process did not start, in the words of Docker's users: there, what a runtime says passes through two more programs.
//!
//! It invents no reason; it frames the one that the runtime gives.

/// Of a container's own process.
pub(crate) fn of_container(reason: &str) -> String {
    framed(
        "failed to create task for container: failed to create shim task: OCI runtime create failed",
        reason,
    )
}

/// Of a further process in it.
pub(crate) fn of_session(reason: &str) -> String {
    framed("OCI runtime exec failed: exec failed", reason)
}

/// Docker looks users and groups up before it asks its runtime for anything: what it says of those stands alone.
fn framed(who: &str, reason: &str) -> String {
    if reason.starts_with("unable to find ") || reason.starts_with("Unable to find ") {
        return reason.to_owned();
    }
    format!("{who}: unable to start container process: {reason}: unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_framed_as_docker_does() {
        assert_eq!(
            of_session(r#"exec: "x": executable file not found in $PATH"#),
            r#"OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file not found in $PATH: unknown"#
        );
        let nobody = "unable to find user x: no matching entries in passwd file";
        assert_eq!(of_container(nobody), nobody);
    }
}
