//! Whether a record can vouch for a window of time: that no image is missed which was used in it.

use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::answers::{Coverage, FRESH, Gap, GapKind};
use crate::inventory::Scope;
use crate::lines::escape_prose;
use crate::record::past::Span;

/// What a record has to vouch for.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Since when; until now.
    pub window: Span,
    /// A longer blind gap is not tolerated.
    pub max_gap: SignedDuration,
    /// Whether the user knows that some record saw only a part of its cluster.
    pub partial_scope: bool,
}

/// What a record vouches for, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// The scopes that were watched.
    pub scopes: Vec<Arc<str>>,
    /// Blind gaps that reach into the window, no longer than tolerated; the time since the record saw
    /// its cluster last is one.
    pub tolerated: Vec<Gap>,
    /// Until when the record saw.
    pub seen_until: Option<Timestamp>,
}

/// Why a record cannot vouch for a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was watched, where that is not all of the cluster and the user has not said so.
    pub partial: Vec<Arc<str>>,
    /// The gaps that are not tolerated.
    pub gaps: Vec<Gap>,
    /// The longest window for which the gaps would be tolerated.
    pub could: Option<SignedDuration>,
}

/// Whether a record can vouch.
///
/// # Errors
/// Why not.
pub fn vouch(coverage: &Coverage, terms: Terms) -> Result<Vouched, Refusal> {
    let Terms { window, max_gap, partial_scope } = terms;
    let (tolerated, gaps) = blind_gaps(coverage, window, max_gap);
    let scopes = coverage.scopes(window);
    let is_whole = scopes.iter().any(|scope| Scope::parse(scope) == Some(Scope::default()));
    let is_enough = is_whole || (partial_scope && !scopes.is_empty());
    if gaps.is_empty() && is_enough {
        return Ok(Vouched { scopes, tolerated, seen_until: coverage.last_seen() });
    }
    let partial = if is_enough { Vec::new() } else { scopes };
    let since = gaps.iter().filter_map(|gap| gap.until).max();
    let could = since.filter(|since| {
        let (_, left) = blind_gaps(coverage, Span { from: *since, until: window.until }, max_gap);
        left.is_empty()
    });
    let could = could.map(|since| window.until.duration_since(since));
    Err(Refusal { partial, gaps, could: could.filter(|length| *length >= SignedDuration::from_secs(1)) })
}

/// The blind gaps in a window: those that are tolerated, and those that are not.
fn blind_gaps(coverage: &Coverage, window: Span, max_gap: SignedDuration) -> (Vec<Gap>, Vec<Gap>) {
    let blind = coverage.gaps(window).into_iter().filter(|gap| gap.kind.is_blind());
    blind.partition(|gap| is_tolerable(gap, window.until, max_gap))
}

/// A gap counts with its whole length, also where only its end lies in the window: it is told whole.
/// Only of one with two ends is it known how much may be missed. That a record is not written any more
/// is no gap that the user meant to tolerate.
fn is_tolerable(gap: &Gap, now: Timestamp, max_gap: SignedDuration) -> bool {
    let Span { from, until } = gap.span();
    match gap.kind {
        // What is told at a wrong time is told all the same.
        GapKind::Bridged | GapKind::Misdated => true,
        GapKind::Blind | GapKind::Unwritable => until.duration_since(from) <= max_gap,
        GapKind::Since => now.duration_since(from) <= FRESH,
        GapKind::BeforeRecord
        | GapKind::Pruned
        | GapKind::Clock
        | GapKind::Boundary
        | GapKind::Adopted
        | GapKind::Unwatched => false,
    }
}

/// Sentences that say what is the matter, and what to do.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 3;
        if !self.partial.is_empty() {
            let scopes: Vec<&str> = self.partial.iter().map(|scope| &**scope).collect();
            write!(
                f,
                "it saw only {}, so images that are used elsewhere in the cluster would not be kept: \
                 watch all namespaces, or accept that by --partial-scope",
                escape_prose(&scopes.join(", "))
            )?;
        }
        for (place, gap) in self.gaps.iter().take(MOST).enumerate() {
            let mark = if place == 0 && self.partial.is_empty() { "" } else { "; " };
            write!(f, "{mark}{gap}")?;
        }
        if let Some(more @ 1..) = self.gaps.len().checked_sub(MOST) {
            write!(f, "; and {more} more such gaps")?;
        }
        match self.could {
            _ if self.gaps.is_empty() && self.partial.is_empty() => f.write_str("it saw nothing"),
            _ if self.gaps.is_empty() => Ok(()),
            Some(length) => write!(f, "; it can answer for --within {}", Whole(length)),
            None => f.write_str("; it can answer for no window: is it still being written?"),
        }
    }
}

/// A length of time in one unit that it fills, so that it is never longer than it was.
#[derive(Clone, Copy, Debug)]
pub struct Whole(pub SignedDuration);

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(length) = self;
        match (length.as_secs(), length.as_mins(), length.as_hours()) {
            (seconds, 0..2, _) => write!(f, "{seconds}s"),
            (_, minutes, 0..2) => write!(f, "{minutes}m"),
            (_, _, hours @ ..48) => write!(f, "{hours}h"),
            (_, _, hours) => write!(f, "{}d", hours / 24),
        }
    }
}
