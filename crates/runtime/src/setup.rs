//! What a new process does with itself until its program runs: two lists of named steps with a common end.
//!
//! Every step stands where it does for the reason beside it. The first that fails is reported to the starter and ends the process.

mod beneath;
mod birth;
mod cgroup_mounts;
mod copy_up;
mod credentials;
mod detached;
mod devices;
mod directory;
mod elsewhere;
mod execute;
mod file_system;
mod hidden_paths;
mod id_mapped_layers;
mod identity;
mod mounts;
mod namespaces;
mod outside;
mod overlay;
mod pivot;
mod program;
mod root;
pub(crate) mod staged;
mod streams;
mod user_namespace;
pub(crate) mod visit;

use std::ffi::CString;
use std::io::Write;
use std::os::fd::OwnedFd;

use corten_cgroups::Cgroup;
use corten_spec::runtime::{Hooks, State};

use crate::StdioSource;
use crate::failure::Failure;
use crate::message::{self, Message};
use crate::plan::{ExecPlan, InitPlan, ProcessPlan};
use crate::spawn::{Outliving, Target};
use identity::Identity;

pub(crate) use outside::prepare as prepare_outside;
pub(crate) use user_namespace::give as give_streams;

/// What a step ends with.
type Done = Result<(), Failure>;

/// Steps, each with its name, which errors carry.
type Steps<F> = &'static [(&'static str, F)];

/// What both kinds of process work with.
struct Common<'a> {
    plan: &'a ProcessPlan<'a>,
    /// What v1 is joined through.
    tasks: Vec<OwnedFd>,
    outliving: Option<&'a Outliving>,
    /// Run before the program; a container's init may have some.
    hooks: Option<(&'a Hooks, &'a State)>,
    /// To the starter; gone once it has nothing more to hear.
    channel: Option<OwnedFd>,
    /// Taken by the step that connects the streams.
    stdio: Option<StdioSource>,
    /// The process's end of its terminal.
    terminal: Option<OwnedFd>,
    /// Whether the working directory has been entered.
    in_directory: bool,
    /// Known after the lookup.
    identity: Identity,
    environment: Vec<CString>,
    /// What is executed, with its arguments; known after the search.
    program: Option<execute::Program>,
}

/// A container's init on its way.
struct Init<'a> {
    common: Common<'a>,
    plan: &'a InitPlan<'a>,
    cgroup: &'a Cgroup,
    /// The plan's mounts, in its order, until they have their places.
    mounts: Vec<Option<detached::Detached>>,
    /// The container's directories in v1 hierarchies, where they are to be seen.
    cgroup_views: Vec<cgroup_mounts::View>,
    /// The root directory of the container's root mount; open from the step that mounts it on.
    root: Option<OwnedFd>,
    /// Our own program, where it is to be PID 1.
    own_program: Option<OwnedFd>,
}

/// One more process on its way.
struct Exec<'a> {
    common: Common<'a>,
    target: &'a Target<'a>,
    root: Option<OwnedFd>,
    /// User and group, outside, of the root of the container's user namespace, where that is not ours.
    target_root: Option<(u32, u32)>,
}

const INIT: Steps<fn(&mut Init<'_>) -> Done> = &[
    // First: a starter that dies later must not leave half a container behind.
    ("follow the starter", |init| birth::follow_starter(&init.common)),
    // While the starter makes the cgroup, since both take long.
    ("make the network namespace", |init| namespaces::make_network(init.plan)),
    ("wait for the starter", birth::await_starter),
    // Before anything else that costs memory or time, so that the container pays for it, and before the cgroup namespace, whose
    // root is the cgroup one is in.
    ("join the cgroup", |init| birth::join_cgroup(&init.common)),
    // The ids are mapped now; before anything is made that belongs to somebody.
    ("become root of the user namespace", user_namespace::become_root),
    // Before anything is opened here: from now on whatever is open is close-on-exec (CVE-2024-21626, CVE-2016-9962).
    ("close what was inherited", |init| birth::close_inherited(&init.common)),
    ("begin a session", |_| birth::begin_session()),
    // Others may share its pid namespace, or enter it while it waits at its gate: they may neither trace it nor open what it has
    // open.
    ("become unreadable", |_| birth::become_unreadable()),
    // While /proc is the host's: that of the container is not to be trusted.
    ("adjust the OOM score", birth::adjust_oom_score_of_init),
    ("open the own program", birth::open_own_program),
    ("join namespaces", |init| namespaces::join(init.plan)),
    // Last of the namespaces, because the cgroup has been joined above and nothing else waits for it.
    ("switch the loopback on", |init| namespaces::switch_loopback_on(&init.plan.namespaces)),
    // Its links have to be there before parameters of theirs are set.
    ("wait for the network", namespaces::await_network),
    ("set the names", |init| namespaces::set_names(init.plan)),
    // Through the host's /proc/sys, which shows each process its own namespaces: the container's could be anything.
    ("set kernel parameters", |init| namespaces::set_kernel_parameters(&init.plan.sysctls)),
    // Before the mounts in it, as in every mount table.
    ("make the root", root::make),
    // While copies are still peers of the host's mounts, for those that stay so; and before the root has a place, so that a bind of the
    // host's `/` does not contain it.
    ("make the mounts", detached::make_all),
    // Before the first mount: none of ours may travel to the host.
    ("part from the host's mounts", |init| root::part(init.plan)),
    ("mount the root", root::mount),
    ("mount what the configuration lists", mounts::mount_all),
    // Everything of theirs is open now, and the host's /proc still in reach.
    ("make sure of the processes that were joined", |init| namespaces::make_sure(init.plan.joined)),
    // On top of the mounts, because /dev is usually one of them.
    ("make devices", devices::make),
    // The terminal is of the container's own devpts, and /dev/console is one more mount.
    ("open the terminal", streams::open_terminal),
    // With everything mounted and the host's paths still in reach, as the specification wants it.
    ("run hooks before the root is entered", pivot::run_hooks),
    // After the hooks, which may still have to write where the container may not.
    ("hide and protect paths", hidden_paths::apply),
    ("create the working directory", |init| directory::create(&init.common, root_of(&init.root)?)),
    ("enter the root", pivot::enter),
    // Last of the mounts: targets were created in it.
    ("protect the root", pivot::protect_root),
];

const EXEC: Steps<fn(&mut Exec<'_>) -> Done> = &[
    // As for a container's init.
    ("follow the starter", |exec| birth::follow_starter(&exec.common)),
    ("join the cgroup", |exec| birth::join_cgroup(&exec.common)),
    ("close what was inherited", |exec| birth::close_inherited(&exec.common)),
    ("begin a session", |_| birth::begin_session()),
    ("adjust the OOM score", |exec| birth::adjust_oom_score(&exec.common)),
    // Before the container can see this process: nobody in there may trace it or open what it has open (CVE-2016-9962).
    ("become unreadable", |_| birth::become_unreadable()),
    // While the host's /proc tells of it, and with the host's rights.
    ("prepare to join the user namespace", user_namespace::prepare_to_join),
    // Later its number may mean somebody else, and the mounts are another process's.
    ("open the container's own root", root::open_target),
    ("join the container's namespaces", |exec| namespaces::join_target(exec)),
    ("become root of the user namespace", user_namespace::become_root_of_joined),
    ("enter the root", root::enter_joined),
    ("open the terminal", streams::open_terminal_of_joined),
];

const COMMON: Steps<fn(&mut Common<'_>) -> Done> = &[
    // Before rights are dropped: raising a limit needs them.
    ("set resource limits", credentials::set_limits),
    // In the container's files, before the filter can forbid reading them.
    ("look up the user", identity::look_up),
    // After the lookup: the streams are given to the user.
    ("connect the streams", streams::connect),
    // A name of its own: keys of the starter stay out of reach.
    ("join a session keyring", credentials::join_keyring),
    ("enter the working directory as root", directory::enter_as_root),
    ("set the execution domain", credentials::set_persona),
    ("set the file mode mask", credentials::set_mask),
    // While CAP_SETPCAP is there.
    ("bound the capabilities", credentials::bound_capabilities),
    // Rights are kept across the change, for the filter and the sets below.
    ("become the user", credentials::become_user),
    // Where the user, and not root, may enter it (a directory on NFS, say).
    ("enter the working directory", directory::enter_as_user),
    // Without no_new_privs loading needs CAP_SYS_ADMIN, so it cannot wait for the end.
    ("load the filter with privilege", credentials::load_filter_with_privilege),
    ("set the capabilities", credentials::set_capabilities),
    ("forbid new privileges", credentials::forbid_new_privileges),
    // Changing the user cleared it (prctl(2)).
    ("follow the starter again", |common| birth::follow_starter(common)),
    // With the user's rights, because they decide what is found.
    ("find the program", program::find),
    ("wait at the gate", execute::wait_at_gate),
    ("run hooks before the program", execute::run_hooks),
    // From here on nothing is reported by a call that a filter could forbid.
    ("announce the program", execute::announce),
    ("load the filter", credentials::load_filter_without_privilege),
    ("execute the program", execute::execute),
];

/// Becomes a container's init. Returns the status to end with, and only when that failed.
pub(crate) fn init(
    plan: &InitPlan<'_>,
    cgroup: &Cgroup,
    channel: OwnedFd,
    stdio: StdioSource,
    outliving: Option<&Outliving>,
) -> i32 {
    let mut common = Common::new(&plan.process, channel, stdio, outliving);
    common.hooks = plan.hooks();
    let mut init = Init {
        common,
        plan,
        cgroup,
        mounts: Vec::new(),
        cgroup_views: Vec::new(),
        root: None,
        own_program: None,
    };
    let set_up = run(INIT, &mut init);
    let own_program = init.own_program.take();
    let mut common = init.common;
    common.program = own_program.map(execute::Program::reaping_init);
    finish(common, set_up)
}

/// Becomes one more process. Returns the status to end with, and only when that failed.
pub(crate) fn exec(
    plan: &ExecPlan<'_>,
    target: &Target<'_>,
    tasks: Vec<OwnedFd>,
    channel: OwnedFd,
    stdio: StdioSource,
    outliving: Option<&Outliving>,
) -> i32 {
    let mut common = Common::new(&plan.process, channel, stdio, outliving);
    common.tasks = tasks;
    let mut exec = Exec { common, target, root: None, target_root: None };
    let set_up = run(EXEC, &mut exec);
    finish(exec.common, set_up)
}

impl<'a> Common<'a> {
    fn new(
        plan: &'a ProcessPlan<'a>,
        channel: OwnedFd,
        stdio: StdioSource,
        outliving: Option<&'a Outliving>,
    ) -> Self {
        // Modes are given in full until the process's own mask is set.
        rustix::process::umask(rustix::fs::Mode::empty());
        Self {
            plan,
            tasks: Vec::new(),
            outliving,
            channel: Some(channel),
            stdio: Some(stdio),
            terminal: None,
            in_directory: false,
            hooks: None,
            identity: Identity::default(),
            environment: plan.environment.clone(),
            program: None,
        }
    }
}

fn finish(mut common: Common<'_>, set_up: Done) -> i32 {
    let done = set_up.and_then(|()| run(COMMON, &mut common));
    done.err().map_or(0, |failure| report(&common, failure))
}

fn run<S, F: Fn(&mut S) -> Done>(steps: Steps<F>, state: &mut S) -> Done {
    for (name, step) in steps {
        step(state).map_err(|failure| Failure { step: (*name).to_owned(), ..failure })?;
    }
    Ok(())
}

/// To the starter, or where that hears nothing any more, to whoever reads the container's own output.
fn report(common: &Common<'_>, failure: Failure) -> i32 {
    let exit_code = failure.exit_code;
    match &common.channel {
        // A starter that is gone cannot be told.
        Some(channel) => drop(message::tell(channel, &Message::Failed(failure), None)),
        None => drop(writeln!(std::io::stderr(), "{failure}")),
    }
    exit_code
}

/// The root of the mount that an earlier step opened.
fn root_of(root: &Option<OwnedFd>) -> Result<&OwnedFd, Failure> {
    root.as_ref().ok_or_else(|| Failure::refused("the root is not mounted"))
}
