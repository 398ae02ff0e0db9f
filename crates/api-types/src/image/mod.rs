//! Images: lists, inspect, history, removal, pruning and searching.

mod delete;
mod history;
mod inspect;
mod prune;
mod push;
mod search;
mod summary;

pub use delete::DeleteItem;
pub use history::HistoryItem;
pub use inspect::{ImageConfig, InspectResponse, LegacyImageConfig, Metadata, RootFs};
pub use prune::PruneReport;
pub use push::{ManifestPushedInsteadOfIndex, PushResult};
pub use search::SearchResult;
pub use summary::Summary;
