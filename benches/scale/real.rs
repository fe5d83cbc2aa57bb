//! First syncs and restarts on a real API server, as many pods as this machine bears beside it.

use std::path::Path;

use super::cluster::control_plane::{ControlPlane, Options};
use super::figures::Figures;
use super::fleet;
use super::syncs::Syncs;

const SIZES: [usize; 3] = [1_000, 10_000, 30_000];
const ROUNDS: usize = 5;

pub(crate) fn measure(folder: &Path, figures: &mut Figures) {
    let plane = ControlPlane::start(Options::default());
    fleet::make_namespaces(plane.api());
    let mut made = 0;
    for pods in SIZES {
        fleet::fill(plane.api(), made..pods);
        made = pods;
        figures.real.push((pods, Syncs::measure(&plane.admin_kubeconfig(), folder, ROUNDS)));
    }
}
