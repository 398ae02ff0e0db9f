//! Why a process did not start, in the words of Docker's users: there, what a runtime says passes through two more programs.
//!
//! It invents no reason; it frames the one that the runtime gives.

/// How the words of another runtime begin: the monitor has framed those.
const OF_ANOTHER: &str = "OCI runtime ";

/// Of a container's own process.
pub(crate) fn of_container(reason: &str) -> String {
    const CREATE: &str = "failed to create task for container: failed to create shim task: ";
    if reason.starts_with(OF_ANOTHER) {
        let is_of_create = reason.starts_with(&format!("{OF_ANOTHER}create"));
        return format!("{}{reason}", if is_of_create { CREATE } else { "" });
    }
    framed(&format!("{CREATE}OCI runtime create failed"), reason)
}

/// Of a further process in it.
pub(crate) fn of_session(reason: &str) -> String {
    if reason.starts_with(OF_ANOTHER) {
        return reason.to_owned();
    }
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
        let foreign = "OCI runtime create failed: because: unknown";
        assert_eq!(
            of_container(foreign),
            format!("failed to create task for container: failed to create shim task: {foreign}")
        );
        assert_eq!(of_session("OCI runtime exec failed: because"), "OCI runtime exec failed: because");
        let nobody = "unable to find user x: no matching entries in passwd file";
        assert_eq!(of_container(nobody), nobody);
    }
}
