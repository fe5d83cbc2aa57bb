//! A record is asked what its cluster needs.

use jiff::Timestamp;

use crate::answers::Coverage;
use crate::record::RecordError;
use crate::record::past::{About, Past, Span, Use};

use super::{Cluster, Refusal, Terms, Vouched, Why, vouch};

/// What a record answers.
#[derive(Debug)]
pub struct Asked {
    /// What the record says of itself.
    pub about: About,
    /// How far it vouches for the answer.
    pub vouched: Vouched,
    /// What its cluster needs.
    pub cluster: Cluster,
}

/// Why a record does not answer.
#[derive(Debug)]
pub enum Unanswered {
    /// It cannot be read.
    Record(RecordError),
    /// It cannot vouch for the window.
    Refused {
        /// The cluster's name.
        cluster: String,
        /// Why not.
        refusal: Box<Refusal>,
    },
}

impl From<RecordError> for Unanswered {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

/// Asks a record what was used in the window, and for the last versions of each workload's container.
///
/// # Errors
/// Where it cannot be read, or cannot vouch for the window.
pub fn ask(past: &dyn Past, terms: Terms, versions: usize) -> Result<Asked, Unanswered> {
    let Answerable { coverage, .. } = answerable(past, terms)?;
    let mut cluster = Cluster::default();
    // What a scope tells that is watched no more goes on for ever, but was seen only until then.
    let known = |mut used: Use| {
        used.closed = used.closed.or_else(|| coverage.left(&used.scope));
        used
    };
    // A clock here that is behind the cluster's must not hide what was used last.
    let during = Span { from: terms.window.from, until: Timestamp::MAX };
    past.uses(during, &[], &mut |used| cluster.need(known(used), Why::Window))?;
    if versions > 0 {
        past.latest(versions, &mut |used| cluster.need(known(used), Why::Version))?;
    }
    // The record may have been pruned while it was read.
    let Answerable { about, vouched, .. } = answerable(past, terms)?;
    Ok(Asked { about, vouched, cluster })
}

/// A record that vouches for a window.
struct Answerable {
    about: About,
    coverage: Coverage,
    vouched: Vouched,
}

fn answerable(past: &dyn Past, terms: Terms) -> Result<Answerable, Unanswered> {
    let (about, sight) = (past.about()?, past.sight()?);
    let everywhere: [&str; 0] = [];
    let coverage = Coverage::new(&about, &sight, &everywhere, terms.window.until);
    match vouch(&coverage, terms) {
        Ok(vouched) => Ok(Answerable { about, coverage, vouched }),
        Err(refusal) => Err(Unanswered::Refused { cluster: about.cluster, refusal: Box::new(refusal) }),
    }
}
