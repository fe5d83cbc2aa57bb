//! First syncs and restarts on the simulated server.

use std::path::Path;

use super::figures::Figures;
use super::server::Server;
use super::syncs::Syncs;

pub(crate) fn measure(folder: &Path, figures: &mut Figures) {
    for pods in super::sizes() {
        let server = Server::start(folder, pods);
        figures.simulated.push((pods, Syncs::measure(server.kubeconfig(), folder, rounds(pods))));
        eprintln!("{pods} pods: {}", server.cost());
    }
}

/// Each figure is the median of so many.
fn rounds(pods: usize) -> usize {
    if pods > 500_000 { 1 } else { 5 }
}
