//! The inventory, told as stories: what it is told, and what it says then; and against a naive
//! recount of the same events.

mod audits;
mod bounds;
mod census;
mod cluster;
mod digests;
mod events;
mod history;
mod linger;
mod lists;
mod model;
mod properties;
mod restarts;
mod scopes;
mod steps;
mod stored;
mod world;
