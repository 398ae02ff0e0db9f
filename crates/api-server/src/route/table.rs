//! Every operation, a line each; of several that fit the first counts.

use super::Route;
use crate::{
    auth, build, containers, corten, disk_usage, distribution, events, exec, images, networks, push, search,
    swarm, system, volumes,
};

/// Declares the table: method, path, name of the operation, and what answers.
macro_rules! routes {
    ($($method:ident $path:literal $operation:ident |$call:ident| $answer:expr;)*) => {
        pub(super) static ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            operation: stringify!($operation),
            handler: |$call| Box::pin(async move { $answer }),
        }),*];
    };
}

// No container, volume or network has a name with slashes, but who looks for whatever has a name asks for an image's name there, too.
routes! {
    GET "/_ping" SystemPing |_call| system::ping(false);
    HEAD "/_ping" SystemPingHead |_call| system::ping(true);
    GET "/version" SystemVersion |call| system::version(call.engine).await;
    GET "/info" SystemInfo |call| system::info(call.server, call.query().version).await;
    GET "/events" SystemEvents |call| events::events(call.server, call.query());
    GET "/system/df" SystemDataUsage |call| disk_usage::df(call.engine, call.query()).await;
    POST "/auth" SystemAuth |call| auth::auth(call.engine, call.request).await;

    GET "/containers/json" ContainerList |call| containers::list(call.engine, call.query()).await;
    POST "/containers/create" ContainerCreate |call| containers::create(call.engine, call.request).await;
    POST "/containers/prune" ContainerPrune |call| containers::prune(call.engine, call.query()).await;
    GET "/containers/{id*}/json" ContainerInspect
        |call| containers::inspect(call.engine, &call.name, call.query()).await;
    GET "/containers/{id}/top" ContainerTop |call| containers::top(call.engine, &call.name, call.query()).await;
    GET "/containers/{id}/stats" ContainerStats
        |call| containers::stats(call.engine, &call.name, call.query()).await;
    HEAD "/containers/{id}/archive" ContainerArchiveInfo
        |call| containers::stat_path(call.engine, &call.name, call.query()).await;
    GET "/containers/{id}/archive" ContainerArchive
        |call| containers::archive(call.engine, &call.name, call.query(), call.trailers()).await;
    PUT "/containers/{id}/archive" PutContainerArchive
        |call| containers::extract(call.engine, &call.name, call.request).await;
    GET "/containers/{id}/changes" ContainerChanges |call| containers::changes(call.engine, &call.name).await;
    GET "/containers/{id}/export" ContainerExport
        |call| containers::export(call.engine, &call.name, call.trailers()).await;
    GET "/containers/{id}/logs" ContainerLogs
        |call| containers::logs(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/start" ContainerStart
        |call| containers::start(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/stop" ContainerStop
        |call| containers::stop(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/restart" ContainerRestart
        |call| containers::restart(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/kill" ContainerKill
        |call| containers::kill(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/pause" ContainerPause |call| containers::pause(call.engine, &call.name).await;
    POST "/containers/{id}/unpause" ContainerUnpause |call| containers::unpause(call.engine, &call.name).await;
    POST "/containers/{id}/rename" ContainerRename
        |call| containers::rename(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/update" ContainerUpdate
        |call| containers::update(call.engine, &call.name, call.request).await;
    POST "/containers/{id}/resize" ContainerResize
        |call| containers::resize(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/attach" ContainerAttach
        |call| containers::attach(call.engine, &call.name, call.request).await;
    GET "/containers/{id}/attach/ws" ContainerAttachWebsocket
        |call| containers::attach_websocket(call.engine, &call.name, call.request).await;
    POST "/containers/{id}/wait" ContainerWait
        |call| containers::wait(call.engine, &call.name, call.query()).await;
    // The name of a link holds a slash.
    DELETE "/containers/{id*}" ContainerDelete
        |call| containers::remove(call.engine, &call.name, call.query()).await;
    POST "/commit" ImageCommit |call| containers::commit(call.engine, call.request).await;

    POST "/containers/{id}/exec" ContainerExec |call| exec::create(call.engine, &call.name, call.request).await;
    POST "/exec/{id}/start" ExecStart |call| exec::start(call.engine, &call.name, call.request).await;
    POST "/exec/{id}/resize" ExecResize |call| exec::resize(call.engine, &call.name, call.query()).await;
    GET "/exec/{id}/json" ExecInspect |call| exec::inspect(call.engine, &call.name);

    POST "/build/prune" BuildPrune |call| build::prune(call.query());

    GET "/images/json" ImageList |call| images::list(call.engine, call.query()).await;
    GET "/images/search" ImageSearch |call| search::search(call.engine, call.request).await;
    POST "/images/load" ImageLoad |call| images::load(call.engine, call.request).await;
    POST "/images/create" ImageCreate |call| images::create(call.engine, call.request).await;
    POST "/images/prune" ImagePrune |call| images::prune(call.engine, call.query()).await;
    GET "/images/get" ImageGetAll
        |call| images::save(call.engine, call.query().all("names"), call.query(), call.trailers()).await;
    GET "/images/{name*}/get" ImageGet
        |call| images::save(call.engine, std::slice::from_ref(&call.name), call.query(), call.trailers()).await;
    GET "/images/{name*}/json" ImageInspect
        |call| images::inspect(call.engine, &call.name, call.query()).await;
    GET "/images/{name*}/history" ImageHistory
        |call| images::history(call.engine, &call.name, call.query()).await;
    POST "/images/{name*}/push" ImagePush |call| push::push(call.engine, &call.name, call.request).await;
    POST "/images/{name*}/tag" ImageTag |call| images::tag(call.engine, &call.name, call.query()).await;
    DELETE "/images/{name*}" ImageDelete |call| images::remove(call.engine, &call.name, call.query()).await;
    GET "/distribution/{name*}/json" DistributionInspect
        |call| distribution::inspect(call.engine, &call.name, call.request).await;

    GET "/networks" NetworkList |call| networks::list(call.engine, call.query()).await;
    POST "/networks/create" NetworkCreate |call| networks::create(call.engine, call.request).await;
    POST "/networks/prune" NetworkPrune |call| networks::prune(call.engine, call.query()).await;
    POST "/networks/{id}/connect" NetworkConnect
        |call| networks::connect(call.engine, &call.name, call.request).await;
    POST "/networks/{id}/disconnect" NetworkDisconnect
        |call| networks::disconnect(call.engine, &call.name, call.request).await;
    GET "/networks/{id*}" NetworkInspect
        |call| networks::inspect(call.engine, &call.name, call.query()).await;
    DELETE "/networks/{id*}" NetworkDelete |call| networks::remove(call.engine, &call.name).await;

    GET "/volumes" VolumeList |call| volumes::list(call.engine, call.query()).await;
    POST "/volumes/create" VolumeCreate |call| volumes::create(call.engine, call.request).await;
    POST "/volumes/prune" VolumePrune |call| volumes::prune(call.engine, call.query()).await;
    GET "/volumes/{name*}" VolumeInspect |call| volumes::inspect(call.engine, &call.name).await;
    DELETE "/volumes/{name*}" VolumeDelete
        |call| volumes::remove(call.engine, &call.name, call.query()).await;

    GET "/plugins" PluginList |_call| swarm::plugins("GET", &[]);

    GET "/corten/v1/manifests/{name*}" CortenManifests
        |call| distribution::manifests(call.engine, &call.name, call.request).await;
    POST "/corten/v1/images/drop-blobs" CortenDropBlobs |call| corten::drop_blobs(call.engine).await;
    POST "/corten/v1/system/settle" CortenSettle |call| corten::settle(call.engine).await;
    POST "/corten/v1/system/check" CortenCheck |call| corten::check(call.engine, call.query()).await;
    POST "/corten/v1/system/mend" CortenMend |call| corten::mend(call.engine).await;
    POST "/corten/v1/system/reap/{id}" CortenReap |call| corten::reap(call.engine, &call.name).await;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ROUTES;

    /// Docker's operations: method, path, name.
    const FACTS: &str = include_str!("engine-api.tsv");

    /// Those that have no line above, with the reason. What they are answered is `route::unknown`'s to say.
    const UNSERVED: [(&str, &[&str]); 3] = [
        ("builds are not built yet", &["ImageAttestations", "ImageBuild", "Session"]),
        ("only cluster volumes have it", &["VolumeUpdate"]),
        (
            "there are no plugins here",
            &[
                "GetPluginPrivileges",
                "PluginCreate",
                "PluginDelete",
                "PluginDisable",
                "PluginEnable",
                "PluginInspect",
                "PluginPull",
                "PluginPush",
                "PluginSet",
                "PluginUpgrade",
            ],
        ),
    ];

    /// Everything below these belongs to swarms, of which there are none here.
    const SWARM: [&str; 6] = ["/configs", "/nodes", "/secrets", "/services", "/swarm", "/tasks"];

    #[test]
    fn every_operation_has_a_name_and_a_path_of_its_own() {
        let operations: BTreeSet<&str> = ROUTES.iter().map(|route| route.operation).collect();
        let paths: BTreeSet<(&str, &str)> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        assert_eq!((operations.len(), paths.len()), (ROUTES.len(), ROUTES.len()));
    }

    #[test]
    fn every_operation_of_dockers_is_served_or_has_a_reason_not_to_be() {
        let facts = FACTS.lines().filter(|line| !line.starts_with('#'));
        let facts: BTreeSet<String> = facts
            .filter(|line| !SWARM.iter().any(|path| line.split('\t').nth(1).unwrap().starts_with(path)))
            .map(str::to_owned)
            .collect();
        let served: BTreeSet<String> = ROUTES
            .iter()
            .filter(|route| !route.path.starts_with("/corten/"))
            .map(|route| format!("{}\t{}\t{}", route.method, route.path.replace('*', ""), route.operation))
            .collect();
        let unknown: Vec<&String> = served.difference(&facts).collect();
        assert_eq!(unknown, Vec::<&String>::new(), "no operations of Docker's");
        let missing: BTreeSet<&str> =
            facts.difference(&served).filter_map(|line| line.split('\t').nth(2)).collect();
        let reasons: BTreeSet<&str> =
            UNSERVED.iter().flat_map(|(_, operations)| *operations).copied().collect();
        assert_eq!(missing, reasons);
    }
}
