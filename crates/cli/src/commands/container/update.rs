//! `update`: changes the limits and the restart policies of containers.

use corten_api_types::container::{Resources, UpdateRequest};

use crate::create::restart_policy;
use crate::failure::{Failure, Outcome, describe};
use crate::flags::{Parsed, parse_cpus};
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    if !parsed.has_flags() {
        return Err(Failure::new("you must provide one or more flags when using this command"));
    }
    let change = change(&parsed).map_err(Failure::new)?;
    let (mut warnings, mut failures) = (Vec::new(), Vec::new());
    for name in &parsed.arguments {
        match session.client.container_update(name, &change).await {
            Ok(answer) => {
                session.line(name)?;
                warnings.extend(answer.warnings.into_iter().flatten());
            }
            Err(error) => failures.push(describe(&error)),
        }
    }
    if !warnings.is_empty() {
        session.line(&warnings.join("\n"))?;
    }
    Failure::join(&failures)
}

fn change(parsed: &Parsed) -> Result<UpdateRequest, String> {
    let cpus = parsed.text("cpus");
    let text = |name: &str| parsed.text(name).to_owned();
    let resources = Resources {
        // The kind of the flag is 16 bits wide.
        blkio_weight: u16::try_from(parsed.integer("blkio-weight")).unwrap_or(u16::MAX),
        cpuset_cpus: text("cpuset-cpus"),
        cpuset_mems: text("cpuset-mems"),
        cpu_shares: parsed.integer("cpu-shares"),
        memory: parsed.bytes("memory"),
        memory_reservation: parsed.bytes("memory-reservation"),
        memory_swap: parsed.bytes("memory-swap"),
        cpu_period: parsed.integer("cpu-period"),
        cpu_quota: parsed.integer("cpu-quota"),
        cpu_realtime_period: parsed.integer("cpu-rt-period"),
        cpu_realtime_runtime: parsed.integer("cpu-rt-runtime"),
        nano_cpus: if cpus.is_empty() { 0 } else { parse_cpus(cpus)? },
        pids_limit: Some(parsed.integer("pids-limit")).filter(|limit| *limit != 0),
        ..Resources::default()
    };
    let restart_policy = restart_policy::parse(parsed.text("restart"))?;
    Ok(UpdateRequest { resources, restart_policy, ..UpdateRequest::default() })
}
