//! What a record says of single moments, held against what was true then.

use std::collections::BTreeSet;

use jiff::Timestamp;
use kimager::answers::{At, Filter, GapKind, ImagesThen, Wanted, at};
use kimager::record::SqlitePast;

/// How a moment stands to what kimager can know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// All until then was said, and kimager had come to see things as they happen.
    Settled,
    /// All until then was said.
    Told,
    /// Kimager did not run.
    Away,
    /// Nor could it learn of it afterwards, as the server had forgotten it.
    Forgotten,
}

/// What was true at a moment at which nothing changed.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Timestamp,
    pub(crate) images: BTreeSet<String>,
    pub(crate) sight: Sight,
}

/// How the record stands to a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    Seen,
    Bridged,
    Blind,
}

/// Asks the record, which must claim no more than can be known, and nothing that is wrong.
#[track_caller]
pub(crate) fn check(past: &SqlitePast, moment: &Moment) -> Claim {
    let wanted = Wanted { filter: &Filter::default(), namespaces: &[] };
    let At { certain, possible, extent, .. } =
        at(past, wanted, moment.at, Timestamp::now()).expect("it can be read");
    let references = |images: &ImagesThen| -> BTreeSet<String> {
        images.iter().map(|image| image.reference.to_string()).collect()
    };
    let (certain, possible) = (references(&certain), references(&possible));
    let claim = match extent.gaps.iter().map(|gap| gap.kind).max() {
        None => Claim::Seen,
        Some(GapKind::Bridged) => Claim::Bridged,
        Some(_) => Claim::Blind,
    };
    let Moment { at, images, sight } = moment;
    let may_be_claimed = match claim {
        Claim::Seen => matches!(sight, Sight::Settled | Sight::Told),
        Claim::Bridged => matches!(sight, Sight::Told | Sight::Away),
        Claim::Blind => *sight != Sight::Settled,
    };
    let is_true = match claim {
        Claim::Seen => certain == *images && possible.is_empty(),
        Claim::Bridged => {
            certain.is_subset(images)
                && images.iter().all(|image| certain.contains(image) || possible.contains(image))
        }
        Claim::Blind => true,
    };
    assert!(
        may_be_claimed && is_true,
        "{at} was {sight:?} and is said to be {claim:?}: missing {:?}, wrong {:?}, {:?}",
        images.difference(&certain).collect::<Vec<_>>(),
        certain.difference(images).collect::<Vec<_>>(),
        extent.gaps
    );
    claim
}
