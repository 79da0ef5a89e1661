//! The window: a pure [`model::Model`] that events move, and screens that draw it.
//!
//! Events come up from the thread in [`session`], orders go down to it, both over bounded channels. A frame drains
//! what has come, draws, and never waits. Everything that belongs to the visitor hangs on one value of the model,
//! which is dropped, and wiped with that, when the screen is cleared.

pub mod app;
mod canvas;
pub mod desk;
pub mod model;
mod pictograms;
mod portrait;
pub mod screens;
pub mod session;
mod setup;
pub mod theme;
mod trouble;
pub mod visit;
pub mod words;
