//! Rounds with images: pulled, loaded, made, saved, pushed and removed, with containers standing on them.

mod deed;
mod goods;
mod inspection;
mod received;
mod round;
mod world;

pub(super) use goods::Goods;
pub(super) use round::Episode;
