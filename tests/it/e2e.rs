//! On a cluster with nodes, where containers run: what a user types, and what comes of it.
//!
//! `hack/e2e` runs these on a cluster and an image that it is given, or makes both.

mod cluster;
mod images;

mod asked;
mod refusals;
mod story;
mod upgrade;
