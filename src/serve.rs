//! What is answered over HTTP. Every route only reads, and `routes` lists them all.
//!
//! Whoever can reach the port may ask, so that what a client does must neither hold up the watch nor take
//! memory without end: `connections` has the limits.

mod connections;
mod health;
mod listen;
mod metrics;
mod reading;
mod record;
mod refusal;
mod routes;
mod within;

use std::convert::Infallible;
use std::path::PathBuf;

use axum::serve::Listener;
use tokio::sync::watch;

pub use listen::{Listen, ListenError};

use self::connections::Limits;
use self::metrics::Metrics;
use crate::recorder::{Figures, Health};

/// What is told of a recorder at work, and where its record is.
#[derive(Clone, Debug)]
pub struct Told {
    /// How it is.
    pub health: watch::Receiver<Health>,
    /// What is measured.
    pub figures: Figures,
    /// The file of the record, if one is kept.
    pub record: Option<PathBuf>,
}

/// Answers until it is dropped.
pub async fn serve(listener: impl Listener, told: Told) -> Infallible {
    let metrics = Metrics::new(told.clone());
    connections::serve(listener, routes::router(told, metrics), Limits::USUAL).await
}

#[cfg(test)]
mod tests;
