//! What must stay in a registry, because clusters use it or may return to it; and which of some
//! candidates may go. In doubt an image stays.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::inventory::Reference;
use crate::inventory::digest::is_digest;
use crate::record::past::Use;

mod asked;
mod candidates;
mod list;
mod mirror;
mod name;
mod names;
mod reasons;
mod stays;
mod window;

pub use asked::{Asked, Unanswered, ask};
pub use candidates::{Candidates, Fate, NotText, Verdict, lines};
pub use list::{Kept, Last};
pub use mirror::Mirror;
pub use reasons::{Reasons, Why};
pub use stays::Stays;
pub use window::{Refusal, Terms, Vouched, Whole, vouch};

use name::in_full;

/// What no pod tells, so that whoever deletes has to think of it.
pub const UNTOLD: [&str; 7] = [
    "sandbox (pause) images, which runtimes pull by themselves",
    "images of templates that did not run in the window: suspended CronJobs, workloads at zero",
    "base images, which only builds pull",
    "the images for single platforms that an index names",
    "referrers and signatures of those, and referrers that the registry's API alone tells",
    "images pulled by others: builds, desks, virtual machines, clusters without a record",
    "images on their way: pushed, and not yet used",
];

/// What must stay, gathered from the records of clusters and from the user.
#[derive(Debug, Default)]
pub struct Keep {
    clusters: Vec<Cluster>,
    also: Vec<Also>,
    mirrors: Vec<Mirror>,
}

/// What one cluster needs.
#[derive(Debug, Default)]
pub struct Cluster {
    images: BTreeMap<Image, Need>,
}

/// A line of the user's.
#[derive(Debug)]
enum Also {
    Reference(Reference),
    Digest(Arc<str>),
}

/// An image with a digest that ran. Equal are those that share their texts, as the rows of a record
/// mostly do: it is quicker than to compare them, and what is kept twice is joined in the end. In the
/// order in which the texts lie in memory it is also quicker to go through them.
#[derive(Debug)]
struct Image {
    reference: Arc<str>,
    digest: Option<Arc<str>>,
    reported: Option<Arc<str>>,
}

/// Why an image is needed, and until when it was used.
#[derive(Clone, Copy, Debug)]
struct Need {
    reasons: Reasons,
    last: Last,
}

impl Keep {
    /// Under these names of mirrors, too.
    #[must_use]
    pub fn new(mirrors: Vec<Mirror>) -> Self {
        Self { mirrors, ..Self::default() }
    }

    /// Adds what a cluster needs. Clusters are told apart by their place in the order of adding.
    pub fn add(&mut self, cluster: Cluster) {
        self.clusters.push(cluster);
    }

    /// Adds a line of the user's: a reference with a tag or a digest, or a digest.
    ///
    /// # Errors
    /// A text for the user where it is neither.
    pub fn also(&mut self, line: &str) -> Result<(), &'static str> {
        let also = if is_digest(line) {
            Also::Digest(line.into())
        } else {
            let refusal = "give a reference with its tag or digest, or a digest in full";
            Also::Reference(in_full(line).ok_or(refusal)?)
        };
        self.also.push(also);
        Ok(())
    }
}

impl Cluster {
    /// Adds an image for a reason.
    pub fn need(&mut self, used: Use, why: Why) {
        let last = used.closed.map_or(Last::Still, Last::Until);
        let image = Image { reference: used.reference, digest: used.digest, reported: used.reported };
        let need = self.images.entry(image).or_insert(Need { reasons: why.into(), last });
        need.reasons = need.reasons.and(why);
        need.last = need.last.max(last);
    }
}

impl Image {
    fn addresses(&self) -> [usize; 2] {
        let address = |text: Option<&Arc<str>>| text.map_or(0, |text| Arc::as_ptr(text).cast::<u8>().addr());
        [address(Some(&self.reference)), address(self.digest.as_ref())]
    }
}

impl Ord for Image {
    fn cmp(&self, other: &Self) -> Ordering {
        self.addresses().cmp(&other.addresses()).then_with(|| self.reported.cmp(&other.reported))
    }
}

impl PartialOrd for Image {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Image {}

#[cfg(test)]
mod tests;
