//! Images: lists, inspect, history and removal.

mod delete;
mod history;
mod inspect;
mod summary;

pub use delete::DeleteItem;
pub use history::HistoryItem;
pub use inspect::{ImageConfig, InspectResponse, Metadata, RootFs};
pub use summary::Summary;
