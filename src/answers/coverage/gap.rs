//! A time out of sight.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use crate::lines::escape_prose;
use crate::record::past::{Healed, Span};

/// A time during which a scope was out of sight. At its ends, where they are known, it was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The last moment before it; `None` if nothing before is known.
    pub from: Option<Timestamp>,
    /// The first moment after it; `None` if nothing after is known.
    pub until: Option<Timestamp>,
    /// The scope; of what was not watched at all, the scope that would have been.
    pub scope: Arc<str>,
    /// Why it was, and whether it was made up for.
    pub kind: GapKind,
}

/// Why something was out of sight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// The watch was resumed: nothing is missed, only times are bounded.
    Bridged,
    /// All pods were listed anew: what lived and died inside is missed.
    Blind,
    /// The record could not be written; as blind.
    Unwritable,
    /// Before the scope was seen for the first time.
    BeforeRecord,
    /// What is known of it was pruned.
    Pruned,
    /// It was seen up to some time in it, but a clock was wrong, so that nobody knows up to when.
    Clock,
    /// A clock was ahead: some of what it told, here or before, may stand at later times, up to the end.
    Misdated,
    /// It began, or ceased, to be watched.
    Boundary,
    /// Another cluster was adopted: what was seen before and after is not of the same one.
    Adopted,
    /// It was not seen since.
    Since,
    /// No scope held the namespace.
    Unwatched,
}

impl GapKind {
    /// Whether something may be missed that happened inside: all but [`Bridged`](Self::Bridged).
    #[must_use]
    pub fn is_blind(self) -> bool {
        self != Self::Bridged
    }

    /// The word for it in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Bridged => "bridged",
            Self::Blind => "blind",
            Self::Unwritable => "unwritable",
            Self::BeforeRecord => "before-record",
            Self::Pruned => "pruned",
            Self::Clock => "clock",
            Self::Misdated => "misdated",
            Self::Boundary => "boundary",
            Self::Adopted => "adopted",
            Self::Since => "since",
            Self::Unwatched => "unwatched",
        }
    }
}

impl From<Healed> for GapKind {
    fn from(healed: Healed) -> Self {
        match healed {
            Healed::Bridged => Self::Bridged,
            Healed::Blind => Self::Blind,
            Healed::Unwritable => Self::Unwritable,
        }
    }
}

impl Gap {
    /// From the last moment before it to the first after it; all time where one is not known.
    #[must_use]
    pub fn span(&self) -> Span {
        Span { from: self.from.unwrap_or(Timestamp::MIN), until: self.until.unwrap_or(Timestamp::MAX) }
    }

    /// Whether it was seen before and after, so that what was used on both sides was so in between.
    #[must_use]
    pub fn has_both_sides(&self) -> bool {
        let is_in_order =
            !matches!(self.kind, GapKind::Unwatched | GapKind::Adopted | GapKind::Clock | GapKind::Misdated);
        is_in_order && self.from.is_some() && self.until.is_some()
    }

    /// Whether it lies, or reaches, into a span: its own ends were seen.
    #[must_use]
    pub fn touches(&self, span: Span) -> bool {
        self.from.is_none_or(|from| from < span.until) && self.until.is_none_or(|until| until > span.from)
    }

    /// Whether a moment lies in it or at its ends.
    pub(super) fn reaches(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.until.is_none_or(|until| at <= until)
    }
}

/// A sentence without its end: which scope, from when until when, and what that means.
impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = escape_prose(&self.scope);
        write!(f, "{place} was not ")?;
        f.write_str(match self.kind {
            GapKind::Unwatched => "watched",
            GapKind::Unwritable => "recorded, for the record could not be written,",
            GapKind::Clock => "seen for certain",
            GapKind::Misdated => "told in the order of time",
            _ => "seen",
        })?;
        match (self.from, self.until) {
            (Some(from), Some(until)) => write!(f, " from {from:.3} to {until:.3}")?,
            (None, Some(until)) => write!(f, " before {until:.3}")?,
            (Some(from), None) => write!(f, " since {from:.3}")?,
            (None, None) => f.write_str(" at any time")?,
        }
        f.write_str(match self.kind {
            GapKind::Bridged => ": all that happened is known, but not exactly when",
            GapKind::Blind | GapKind::Unwritable => ": what came and went in between is missed",
            GapKind::BeforeRecord => ", when the record began",
            GapKind::Pruned => ": the record was pruned",
            GapKind::Clock => ": a clock was wrong, so nobody knows how much of that was seen",
            GapKind::Misdated => {
                ": a clock was ahead, so some of what it told may stand at a later time than it happened"
            }
            GapKind::Boundary => ": another part of the cluster was watched",
            GapKind::Adopted => ": another cluster was adopted",
            GapKind::Since | GapKind::Unwatched => "",
        })
    }
}
