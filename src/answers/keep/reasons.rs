//! Why something must stay.

/// A reason to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It was used in the window.
    Window,
    /// It is among the last versions of a workload's container.
    Version,
    /// The user said so.
    Also,
    /// It is the name by which a mirror calls what must stay.
    Map,
}

impl Why {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Window, Self::Version, Self::Also, Self::Map];

    /// The reason in a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Version => "version",
            Self::Also => "also",
            Self::Map => "map",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some reasons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reasons(u8);

impl Reasons {
    /// These and `why`.
    #[must_use]
    pub fn and(self, why: Why) -> Self {
        Self(self.0 | why.bit())
    }

    /// These and those.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Their words.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Why::ALL.into_iter().filter(move |why| self.0 & why.bit() != 0).map(Why::word)
    }
}

impl From<Why> for Reasons {
    fn from(why: Why) -> Self {
        Self::default().and(why)
    }
}
