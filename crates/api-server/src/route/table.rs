//! Every operation; of several that fit the first counts.

use corten_api_types::build as build_types;
use corten_api_types::corten as corten_types;
use corten_api_types::distribution::{DistributionInspect, RemoteImage};
use corten_api_types::system as system_types;
use corten_api_types::{AuthConfig, AuthResponse, Progress, container, event, image, network, volume};
use serde_json::{Map, Value};

use super::Route;
use crate::openapi::contract::Parameter::{Filters, Flag, Moment, Number, Required, Text, Texts, Word};
use crate::openapi::contract::{Body, Parameter, STREAMS, bytes, documents, json, refusal, status, streams};
use crate::{
    auth, build, containers, corten, disk_usage, distribution, events, exec, images, networks, openapi, push,
    search, swarm, system, volumes,
};

const TAR: &[&str] = &["application/x-tar"];

const LOGS: &[Parameter] = &[
    Flag("stdout"),
    Flag("stderr"),
    Flag("follow"),
    Flag("timestamps"),
    Flag("details"),
    Text("tail"),
    Moment("since"),
    Moment("until"),
];

const ATTACH: &[Parameter] =
    &[Flag("stdin"), Flag("stdout"), Flag("stderr"), Flag("stream"), Flag("logs"), Text("detachKeys")];

const STOP: &[Parameter] = &[Text("signal"), Number("t")];

const TERMINAL_SIZE: &[Parameter] = &[Number("h"), Number("w")];

const COMMIT: &[Parameter] = &[
    Text("container"),
    Text("repo"),
    Text("tag"),
    Text("author"),
    Text("comment"),
    Texts("changes"),
    Flag("pause"),
];

const IMAGE_CREATE: &[Parameter] = &[
    Text("fromImage"),
    Text("tag"),
    Text("fromSrc"),
    Text("repo"),
    Text("message"),
    Texts("changes"),
    Text("platform"),
];

/// Declares the table: method, path, name of the operation, what it takes and answers, and what answers.
macro_rules! routes {
    ($($method:ident $path:literal $operation:ident => $contract:expr, |$call:ident| $answer:expr;)*) => {
        pub(crate) static ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            operation: stringify!($operation),
            contract: $contract,
            handler: |$call| Box::pin(async move { $answer }),
        }),*];
    };
}

// No container, volume or network has a name with slashes, but who looks for whatever has a name asks for an image's name there, too.
routes! {
    GET "/_ping" SystemPing
        => bytes(&["text/plain; charset=utf-8"]),
        |_call| system::ping(false);
    HEAD "/_ping" SystemPingHead
        => status(200),
        |_call| system::ping(true);
    GET "/version" SystemVersion
        => json::<system_types::Version>(),
        |call| system::version(call.engine).await;
    GET "/info" SystemInfo
        => json::<system_types::Info>(),
        |call| system::info(call.server, call.query().version).await;
    GET "/events" SystemEvents
        => documents::<event::Message>().query(&[Moment("since"), Moment("until"), Filters]),
        |call| events::events(call.server, call.query());
    GET "/system/df" SystemDataUsage
        => json::<system_types::DiskUsage>().query(&[Texts("type")]),
        |call| disk_usage::df(call.engine, call.query()).await;
    POST "/auth" SystemAuth
        => json::<AuthResponse>().takes::<AuthConfig>(),
        |call| auth::auth(call.engine, call.request).await;

    GET "/containers/json" ContainerList
        => json::<Vec<container::Summary>>().query(&[Flag("all"), Number("limit"), Flag("size"), Filters]),
        |call| containers::list(call.engine, call.query()).await;
    POST "/containers/create" ContainerCreate
        => json::<container::CreateResponse>().created().takes::<container::CreateRequest>()
            .query(&[Text("name"), Text("platform")]),
        |call| containers::create(call.engine, call.request).await;
    POST "/containers/prune" ContainerPrune
        => json::<container::PruneReport>().query(&[Filters]),
        |call| containers::prune(call.engine, call.query()).await;
    GET "/containers/{id*}/json" ContainerInspect
        => json::<container::InspectResponse>().query(&[Flag("size")]),
        |call| containers::inspect(call.engine, &call.name, call.query()).await;
    GET "/containers/{id}/top" ContainerTop
        => json::<container::TopResponse>().query(&[Text("ps_args")]),
        |call| containers::top(call.engine, &call.name, call.query()).await;
    GET "/containers/{id}/stats" ContainerStats
        => documents::<container::StatsResponse>().query(&[Flag("stream"), Flag("one-shot")]),
        |call| containers::stats(call.engine, &call.name, call.query()).await;
    HEAD "/containers/{id}/archive" ContainerArchiveInfo
        => status(200).query(&[Required("path")]),
        |call| containers::stat_path(call.engine, &call.name, call.query()).await;
    GET "/containers/{id}/archive" ContainerArchive
        => bytes(TAR).query(&[Required("path")]),
        |call| containers::archive(call.engine, &call.name, call.query(), call.trailers()).await;
    PUT "/containers/{id}/archive" PutContainerArchive
        => status(200).takes_archive()
            .query(&[Required("path"), Flag("noOverwriteDirNonDir"), Flag("copyUIDGID")]),
        |call| containers::extract(call.engine, &call.name, call.request).await;
    GET "/containers/{id}/changes" ContainerChanges
        => json::<Option<Vec<container::Change>>>(),
        |call| containers::changes(call.engine, &call.name).await;
    GET "/containers/{id}/export" ContainerExport
        => bytes(&["application/octet-stream"]),
        |call| containers::export(call.engine, &call.name, call.trailers()).await;
    GET "/containers/{id}/logs" ContainerLogs
        => bytes(STREAMS).query(LOGS),
        |call| containers::logs(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/start" ContainerStart
        => status(204).or(304, Body::Nothing),
        |call| containers::start(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/stop" ContainerStop
        => status(204).or(304, Body::Nothing).query(STOP),
        |call| containers::stop(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/restart" ContainerRestart
        => status(204).query(STOP),
        |call| containers::restart(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/kill" ContainerKill
        => status(204).query(&[Text("signal")]),
        |call| containers::kill(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/pause" ContainerPause
        => status(204),
        |call| containers::pause(call.engine, &call.name).await;
    POST "/containers/{id}/unpause" ContainerUnpause
        => status(204),
        |call| containers::unpause(call.engine, &call.name).await;
    POST "/containers/{id}/rename" ContainerRename
        => status(204).query(&[Required("name")]),
        |call| containers::rename(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/update" ContainerUpdate
        => json::<container::UpdateResponse>().takes::<container::UpdateRequest>(),
        |call| containers::update(call.engine, &call.name, call.request).await;
    POST "/containers/{id}/resize" ContainerResize
        => status(200).query(TERMINAL_SIZE),
        |call| containers::resize(call.engine, &call.name, call.query()).await;
    POST "/containers/{id}/attach" ContainerAttach
        => streams().query(ATTACH),
        |call| containers::attach(call.engine, &call.name, call.request).await;
    GET "/containers/{id}/attach/ws" ContainerAttachWebsocket
        => status(101).query(ATTACH),
        |call| containers::attach_websocket(call.engine, &call.name, call.request).await;
    POST "/containers/{id}/wait" ContainerWait
        => json::<container::WaitResponse>()
            .query(&[Word("condition", &["not-running", "next-exit", "removed"])]),
        |call| containers::wait(call.engine, &call.name, call.query()).await;
    // The name of a link holds a slash.
    DELETE "/containers/{id*}" ContainerDelete
        => status(204).query(&[Flag("force"), Flag("v"), Flag("link")]),
        |call| containers::remove(call.engine, &call.name, call.query()).await;
    POST "/commit" ImageCommit
        => json::<container::CommitResponse>().created().may_take::<container::CreateRequest>().query(COMMIT),
        |call| containers::commit(call.engine, call.request).await;

    POST "/containers/{id}/exec" ContainerExec
        => json::<container::ExecCreateResponse>().created().takes::<container::ExecCreateRequest>(),
        |call| exec::create(call.engine, &call.name, call.request).await;
    POST "/exec/{id}/start" ExecStart
        => streams().may_take::<container::ExecStartRequest>(),
        |call| exec::start(call.engine, &call.name, call.request).await;
    POST "/exec/{id}/resize" ExecResize
        => status(200).query(TERMINAL_SIZE),
        |call| exec::resize(call.engine, &call.name, call.query()).await;
    GET "/exec/{id}/json" ExecInspect
        => json::<container::ExecInspect>(),
        |call| exec::inspect(call.engine, &call.name);

    POST "/build/prune" BuildPrune
        => json::<build_types::PruneReport>().query(&[Filters]),
        |call| build::prune(call.query());

    GET "/images/json" ImageList
        => json::<Vec<image::Summary>>().query(&[Flag("all"), Flag("shared-size"), Filters]),
        |call| images::list(call.engine, call.query()).await;
    GET "/images/search" ImageSearch
        => json::<Vec<image::SearchResult>>().query(&[Required("term"), Number("limit"), Filters]),
        |call| search::search(call.engine, call.request).await;
    POST "/images/load" ImageLoad
        => documents::<Progress>().takes_archive().query(&[Texts("platform")]),
        |call| images::load(call.engine, call.request).await;
    POST "/images/create" ImageCreate
        => documents::<Progress>().may_take_archive().query(IMAGE_CREATE),
        |call| images::create(call.engine, call.request).await;
    POST "/images/prune" ImagePrune
        => json::<image::PruneReport>().query(&[Filters]),
        |call| images::prune(call.engine, call.query()).await;
    GET "/images/get" ImageGetAll
        => bytes(TAR).query(&[Texts("names"), Texts("platform")]),
        |call| images::save(call.engine, call.query().all("names"), call.query(), call.trailers()).await;
    GET "/images/{name*}/get" ImageGet
        => bytes(TAR).query(&[Texts("platform")]),
        |call| images::save(call.engine, std::slice::from_ref(&call.name), call.query(), call.trailers()).await;
    GET "/images/{name*}/json" ImageInspect
        => json::<image::InspectResponse>().query(&[Text("platform")]),
        |call| images::inspect(call.engine, &call.name, call.query()).await;
    GET "/images/{name*}/history" ImageHistory
        => json::<Vec<image::HistoryItem>>().query(&[Text("platform")]),
        |call| images::history(call.engine, &call.name, call.query()).await;
    POST "/images/{name*}/push" ImagePush
        => documents::<Progress>().query(&[Text("tag"), Text("platform")]),
        |call| push::push(call.engine, &call.name, call.request).await;
    POST "/images/{name*}/tag" ImageTag
        => status(201).query(&[Required("repo"), Text("tag")]),
        |call| images::tag(call.engine, &call.name, call.query()).await;
    DELETE "/images/{name*}" ImageDelete
        => json::<Vec<image::DeleteItem>>().query(&[Flag("force"), Texts("platforms")]),
        |call| images::remove(call.engine, &call.name, call.query()).await;
    GET "/distribution/{name*}/json" DistributionInspect
        => json::<DistributionInspect>(),
        |call| distribution::inspect(call.engine, &call.name, call.request).await;

    GET "/networks" NetworkList
        => json::<Vec<network::Network>>().query(&[Filters]),
        |call| networks::list(call.engine, call.query()).await;
    POST "/networks/create" NetworkCreate
        => refusal().takes::<network::CreateRequest>(),
        |call| networks::create(call.engine, call.request).await;
    POST "/networks/prune" NetworkPrune
        => json::<network::PruneReport>().query(&[Filters]),
        |call| networks::prune(call.engine, call.query()).await;
    POST "/networks/{id}/connect" NetworkConnect
        => refusal().takes::<network::ConnectRequest>(),
        |call| networks::connect(call.engine, &call.name, call.request).await;
    POST "/networks/{id}/disconnect" NetworkDisconnect
        => refusal().takes::<network::ConnectRequest>(),
        |call| networks::disconnect(call.engine, &call.name, call.request).await;
    GET "/networks/{id*}" NetworkInspect
        => json::<network::Network>().query(&[Text("scope")]),
        |call| networks::inspect(call.engine, &call.name, call.query()).await;
    DELETE "/networks/{id*}" NetworkDelete
        => refusal(),
        |call| networks::remove(call.engine, &call.name).await;

    GET "/volumes" VolumeList
        => json::<volume::ListResponse>().query(&[Filters]),
        |call| volumes::list(call.engine, call.query()).await;
    POST "/volumes/create" VolumeCreate
        => json::<volume::Volume>().created().takes::<volume::CreateRequest>(),
        |call| volumes::create(call.engine, call.request).await;
    POST "/volumes/prune" VolumePrune
        => json::<volume::PruneReport>().query(&[Filters]),
        |call| volumes::prune(call.engine, call.query()).await;
    GET "/volumes/{name*}" VolumeInspect
        => json::<volume::Volume>(),
        |call| volumes::inspect(call.engine, &call.name).await;
    DELETE "/volumes/{name*}" VolumeDelete
        => status(204).query(&[Flag("force")]),
        |call| volumes::remove(call.engine, &call.name, call.query()).await;

    GET "/plugins" PluginList
        => json::<[String; 0]>(),
        |_call| swarm::plugins("GET", &[]);

    GET "/corten/v1/manifests/{name*}" CortenManifests
        => json::<RemoteImage>().query(&[Flag("insecure"), Flag("inner")]),
        |call| distribution::manifests(call.engine, &call.name, call.request).await;
    POST "/corten/v1/images/drop-blobs" CortenDropBlobs
        => json::<corten_types::DroppedBlobs>(),
        |call| corten::drop_blobs(call.engine).await;
    POST "/corten/v1/system/settle" CortenSettle
        => json::<corten_types::Settled>(),
        |call| corten::settle(call.engine).await;
    POST "/corten/v1/system/check" CortenCheck
        => json::<corten_types::CheckReport>().query(&[Flag("repair"), Flag("layers")]),
        |call| corten::check(call.engine, call.query()).await;
    POST "/corten/v1/system/boot" CortenBoot
        => json::<corten_types::Booted>().query(&[Number("timeout")]),
        |call| corten::boot(call.engine, call.query()).await;
    POST "/corten/v1/system/upgrade" CortenUpgrade
        => json::<corten_types::Upgraded>(),
        |call| corten::upgrade(call.engine).await;
    POST "/corten/v1/system/mend" CortenMend
        => json::<corten_types::MendedNetworks>(),
        |call| corten::mend(call.engine).await;
    POST "/corten/v1/system/reap/{id}" CortenReap
        => status(204),
        |call| corten::reap(call.engine, &call.name).await;
    GET "/corten/v1/why/{id}" CortenWhy
        => json::<corten_types::Why>().query(&[Required("question")]),
        |call| corten::why(call.engine, &call.name, call.query()).await;
    GET "/corten/openapi.json" CortenOpenapi
        => json::<Map<String, Value>>(),
        |_call| openapi::openapi();
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
