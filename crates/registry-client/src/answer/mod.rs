//! What registries and token servers say, read: values in, values out.
//! Nothing is asked here. All of it is hostile until read: each reader has a limit and returns an error, or nothing, for what it cannot read.

pub mod challenge;
pub mod content_range;
pub mod document;
pub mod link;
pub mod redirect;
pub mod refusal;
pub mod retry_after;
pub mod search;
pub mod tags;
pub mod text;
pub mod token;
