//! Images: lists, inspect, history, removal and pruning.

mod delete;
mod history;
mod inspect;
mod prune;
mod summary;

pub use delete::DeleteItem;
pub use history::HistoryItem;
pub use inspect::{ImageConfig, InspectResponse, Metadata, RootFs};
pub use prune::PruneReport;
pub use summary::Summary;
