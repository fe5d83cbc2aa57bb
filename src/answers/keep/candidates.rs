//! Candidates to be deleted: a reference a line, with its tag, its digest or both.

use crate::inventory::Reference;

use super::Stays;
use super::name::in_full;

/// Candidates as they were given.
#[derive(Debug)]
pub struct Candidates<'a> {
    lines: Vec<(&'a str, Option<Reference>)>,
}

/// Why a text is no list of lines. Nothing is known then of where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// Its bytes are not UTF-8.
    #[error("it is not UTF-8 text")]
    Encoding,
    /// It does not end with the end of a line.
    #[error("its last line does not end: it may be cut short; end it with a line feed")]
    Cut,
}

/// What becomes of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It must stay.
    Stays,
    /// It stays because it is no reference in full.
    Unclear,
    /// Nothing is known to need it.
    MayGo,
}

/// What becomes of candidates.
#[derive(Debug, Default)]
pub struct Verdict<'a> {
    /// Each with its fate, in order.
    pub candidates: Vec<(&'a str, Fate)>,
    /// How many of those that may go have no digest.
    pub without_digest: usize,
    /// How many of those that may go have no tag.
    pub without_tag: usize,
}

/// The lines of a text that hold something: neither blank nor a comment (`#`).
///
/// # Errors
/// Where it is no whole text.
pub fn lines(bytes: &[u8]) -> Result<impl Iterator<Item = &str>, NotText> {
    let text = str::from_utf8(bytes).map_err(|_| NotText::Encoding)?;
    if !text.is_empty() && !text.ends_with('\n') {
        return Err(NotText::Cut);
    }
    Ok(text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')))
}

impl<'a> Candidates<'a> {
    /// Reads candidates.
    ///
    /// # Errors
    /// Where it is no whole text.
    pub fn read(bytes: &'a [u8]) -> Result<Self, NotText> {
        Ok(Self { lines: lines(bytes)?.map(|line| (line, in_full(line))).collect() })
    }

    /// Decides on each. A candidate that stays by its tag keeps the digest behind it, and so
    /// whatever else stands for that: with many registries, to delete one deletes all.
    #[must_use]
    pub fn judge(&self, mut stays: Stays<'_>) -> Verdict<'a> {
        let mut fates: Vec<Fate> = self
            .lines
            .iter()
            .map(|(_, reference)| if reference.is_some() { Fate::MayGo } else { Fate::Unclear })
            .collect();
        loop {
            let mut has_changed = false;
            for (fate, (_, reference)) in fates.iter_mut().zip(&self.lines) {
                let Some(reference) = reference.as_ref().filter(|_| *fate == Fate::MayGo) else { continue };
                if stays.keeps(reference) {
                    *fate = Fate::Stays;
                    if let Some(digest) = reference.digest() {
                        stays.keep_digest_too(digest);
                        has_changed = true;
                    }
                }
            }
            if !has_changed {
                break;
            }
        }
        let count = |is_counted: fn(&Reference) -> bool| {
            let goes = fates.iter().zip(&self.lines).filter(|(fate, _)| **fate == Fate::MayGo);
            goes.filter_map(|(_, (_, reference))| reference.as_ref()).filter(|it| is_counted(it)).count()
        };
        let without_digest = count(|reference| reference.digest().is_none());
        let without_tag = count(|reference| reference.tag().is_none());
        let candidates = self.lines.iter().zip(fates).map(|((line, _), fate)| (*line, fate)).collect();
        Verdict { candidates, without_digest, without_tag }
    }
}
