//! What Prometheus and Grafana are given: the alerts and the dashboard, and the document that tells of both.

mod alerts;
mod dashboard;
mod metrics;
#[cfg(feature = "cluster-tests")]
pub(crate) mod promtool;
#[cfg(feature = "cluster-tests")]
mod scenarios;
