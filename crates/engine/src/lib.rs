//! The services: images, containers, exec, system, events.
