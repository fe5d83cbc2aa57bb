//! What has happened, as the one who did it knows: each call with the time before and after it and the
//! images that it made used or unused; and what kept kimager from seeing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use kimager::record::past::Span;

/// How late a change may come to be known where nothing stands in its way but a busy machine.
const LATE: Duration = Duration::from_secs(10);

/// A call to the API that has changed something.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    /// The time before and after the call.
    pub(crate) during: Span,
    /// The images that were used after it and not before, or before it and not after.
    pub(crate) flipped: BTreeSet<String>,
}

/// What has happened since a run began, when there were no pods.
///
/// A *position* lies before, between or behind deeds: it is the number of those done.
#[derive(Clone, Default)]
pub(crate) struct Truth {
    deeds: Vec<Deed>,
    /// By image, the numbers of the deeds that flipped it. By the first it became used.
    flips: BTreeMap<String, Vec<usize>>,
    used: BTreeSet<String>,
    /// The positions that the store was set back to, and those that it came to by that.
    pub(crate) set_back: Vec<(usize, usize)>,
    delays: Vec<Span>,
    delayed_since: Option<Timestamp>,
    lapses: Vec<Span>,
}

/// The time, as exactly as events tell it, in milliseconds.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_millisecond(Timestamp::now().as_millisecond()).expect("a time of this age")
}

impl Truth {
    /// A call that began at `before` has ended; now these images are used.
    pub(crate) fn did(&mut self, before: Timestamp, used: BTreeSet<String>) {
        let flipped: BTreeSet<String> = self.used.symmetric_difference(&used).cloned().collect();
        for image in &flipped {
            self.flips.entry(image.clone()).or_default().push(self.deeds.len());
        }
        self.deeds.push(Deed { during: Span { from: before, until: Timestamp::now() }, flipped });
        self.used = used;
    }

    pub(crate) fn deeds(&self) -> &[Deed] {
        &self.deeds
    }

    /// The images that are used now.
    pub(crate) fn used(&self) -> &BTreeSet<String> {
        &self.used
    }

    /// The first position at which all was done that had begun by then.
    pub(crate) fn position(&self, at: Timestamp) -> usize {
        self.deeds.partition_point(|deed| deed.during.from <= at)
    }

    /// Whether an image was used at one of these positions, the last included.
    pub(crate) fn was_used(&self, image: &str, first: usize, last: usize) -> bool {
        let flips = self.flips.get(image).map_or(&[][..], Vec::as_slice);
        let before = flips.partition_point(|deed| *deed < first);
        let became_used = before % 2 == 0 && flips.get(before).is_some_and(|deed| *deed < last);
        before % 2 == 1 || became_used
    }

    /// The same of not being used.
    pub(crate) fn was_unused(&self, image: &str, first: usize, last: usize) -> bool {
        let flips = self.flips.get(image).map_or(&[][..], Vec::as_slice);
        let before = flips.partition_point(|deed| *deed < first);
        before % 2 == 0 || flips.get(before).is_some_and(|deed| *deed < last)
    }

    /// From now on changes may come to kimager late, without anybody's notice.
    pub(crate) fn delay(&mut self) {
        self.delayed_since.get_or_insert_with(Timestamp::now);
    }

    /// All that happened until now is known to kimager.
    pub(crate) fn caught_up(&mut self) {
        let since = self.delayed_since.take();
        self.delays.extend(since.map(|from| Span { from, until: Timestamp::now() }));
    }

    /// At these times all stood still.
    pub(crate) fn stood_still(&mut self, spans: &[Span]) {
        self.delays.extend(spans);
        self.delays.sort_unstable_by_key(|delay| delay.from);
    }

    /// During this time the server forgot what had happened before.
    pub(crate) fn forgot(&mut self, lapse: Span) {
        self.lapses.push(lapse);
    }

    /// The time by which something that happened at `at` had become known, if kimager watched.
    pub(crate) fn known_by(&self, at: Timestamp) -> Timestamp {
        let reaching = |by: Timestamp, delay: &Span| {
            if delay.from <= by && at <= delay.until { by.max(delay.until + LATE) } else { by }
        };
        self.delays.iter().fold(at + LATE, reaching)
    }

    /// What the end, at `from`, of what was seen may belong to: what came then was perhaps as old as the
    /// delay that ends with it.
    fn began(&self, from: Timestamp) -> Timestamp {
        let holding = self.delays.iter().filter(|delay| delay.from <= from && from <= delay.until + LATE);
        holding.map(|delay| delay.from).fold(from - LATE, Timestamp::min)
    }

    /// Whether a server had to forget, or has forgotten, what happened in a gap: over its own restart, or
    /// as more has happened since than it must keep. It keeps the last hundred changes, and those of the
    /// last 75 s.
    pub(crate) fn may_be_forgotten(&self, gap: Span) -> bool {
        const KEPT: usize = 80;
        const KEPT_FOR: Duration = Duration::from_mins(1);

        let began = self.began(gap.from);
        let has_lapsed = self.lapses.iter().any(|lapse| lapse.from <= gap.until && began <= lapse.until);
        let deeds = self.position(gap.until) - self.position(began);
        has_lapsed || deeds > KEPT && gap.until.duration_since(began).unsigned_abs() > KEPT_FOR
    }
}

impl fmt::Debug for Truth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { delays, lapses, .. } = self;
        write!(f, "late during {delays:?}, forgotten during {lapses:?}")
    }
}
