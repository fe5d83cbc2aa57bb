//! What the watch tells the inventory: pods, as far as images go, and the events of their lives.

use super::scope::ScopeId;

/// The constants of 128-bit FNV-1a (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>).
const FNV_PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013B;
const FNV_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;

/// One life of a pod's name: the API server's uid as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub [u8; 16]);

impl Uid {
    /// The number in a uid's text: a UUID as it is; any other text by its 128-bit FNV-1a hash, so
    /// that an unusual server costs nothing but readability.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut digits = text.bytes().filter(|&b| b != b'-');
        let mut uuid = [0_u8; 16];
        let is_uuid = text.len() == 36
            && uuid.iter_mut().all(|byte| {
                let mut nibble = || {
                    let digit = char::from(digits.next()?).to_digit(16)?;
                    u8::try_from(digit).ok()
                };
                match (nibble(), nibble()) {
                    (Some(high), Some(low)) => {
                        *byte = high << 4 | low;
                        true
                    }
                    _ => false,
                }
            });
        if is_uuid {
            return Self(uuid);
        }
        let hash =
            text.bytes().fold(FNV_BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(FNV_PRIME));
        Self(hash.to_be_bytes())
    }
}

/// Where in a pod an image stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    /// `spec.containers`
    App,
    /// `spec.initContainers`
    Init,
    /// `spec.initContainers` with `restartPolicy: Always`
    Sidecar,
    /// `spec.ephemeralContainers`, as `kubectl debug` makes them
    Ephemeral,
    /// `spec.volumes[].image`
    Volume,
}

impl ContainerKind {
    /// Every kind, in the order of this type.
    pub const ALL: [Self; 5] = [Self::App, Self::Init, Self::Sidecar, Self::Ephemeral, Self::Volume];

    /// The word for it in lines, tables and records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Init => "init",
            Self::Sidecar => "sidecar",
            Self::Ephemeral => "ephemeral",
            Self::Volume => "volume",
        }
    }

    /// The kind that [`word`](Self::word) names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A container, or an image volume, of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name in the pod.
    pub name: Box<str>,
    /// Where it stands in the pod.
    pub kind: ContainerKind,
    /// The reference as the pod's spec spells it.
    pub image: Box<str>,
    /// The status' `imageID`; empty while the runtime has told none.
    pub image_id: Box<str>,
    /// The status' `containerID`; empty before the first start.
    pub container_id: Box<str>,
}

/// A pod of the cluster, as far as images go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// `metadata.namespace`
    pub namespace: Box<str>,
    /// `metadata.name`
    pub name: Box<str>,
    /// `metadata.uid`
    pub uid: Uid,
    /// Whether the phase is neither `Succeeded` nor `Failed`.
    pub active: bool,
    /// The top owner, as [`workload_of`](super::workload::workload_of) names it.
    pub workload: Box<str>,
    /// Containers of every kind, in the order of the spec.
    pub containers: Vec<Container>,
}

/// How kimager learned of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The first list since the program started.
    Start,
    /// A live event.
    Watch,
    /// A later list, after a loss or for an audit. While all is in sight it tells that the watch
    /// had kept something back.
    Relist,
}

impl Cause {
    /// The word for it in JSON lines and records.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Watch => "watch",
            Self::Relist => "relist",
        }
    }
}

/// One step in what is known of a scope's pods. The names are those of the watch protocol.
///
/// A list is `Init`, any of the events below, `InitDone`; a list that broke is followed by
/// `InitBroken` or simply by the next `Init`, and removes nothing. The end of a list that is not
/// under way changes nothing.
///
/// An audit is a list that comes beside live events: `Audit`, any number of `Audited` among them,
/// and the same ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodEvent {
    /// A list of the scope begins.
    Init(ScopeId, Cause),
    /// An audit of the scope begins: a list of the pods as they were at this moment of its live
    /// events.
    Audit(ScopeId),
    /// A pod as the audit lists it. It is younger than what was known before the audit began, and
    /// older than any live event since.
    Audited(ScopeId, Pod),
    /// A pod as it is now: listed between `Init` and `InitDone`, live otherwise.
    Apply(ScopeId, Pod),
    /// A pod that exists but could not be read: what was known of it stays.
    Keep {
        /// The scope it was seen in.
        scope: ScopeId,
        /// Its namespace.
        namespace: Box<str>,
        /// Its name.
        name: Box<str>,
    },
    /// A pod was deleted, or left the scope's selector. One that another scope saw last stays,
    /// unless this one [proves its absence](super::scope::Scope::proves_absence_in).
    Delete {
        /// The scope it was seen in.
        scope: ScopeId,
        /// Its namespace.
        namespace: Box<str>,
        /// Its name.
        name: Box<str>,
        /// The life that ended; a known pod of the same name with another uid stays.
        uid: Uid,
    },
    /// The list is whole. Unless `sweep` is false (an object of the list could not even be named),
    /// pods that were not seen since it began are gone: those that the scope saw last, and those
    /// of which it [proves the absence](super::scope::Scope::proves_absence_in).
    InitDone {
        /// The scope that was listed.
        scope: ScopeId,
        /// Whether pods that were not listed are gone.
        sweep: bool,
    },
    /// The list broke off before its end.
    InitBroken(ScopeId),
}

#[cfg(test)]
mod tests {
    use super::{ContainerKind, Uid};

    #[test]
    fn a_uuid_is_its_number_and_any_other_uid_keeps_its_own_identity() {
        assert_eq!(Uid::parse("00000000-0000-0000-0000-0000000000ff").0[15], 255);
        assert_eq!(Uid::parse("12345678-9abc-def0-1234-56789abcdef0").0[..4], [0x12, 0x34, 0x56, 0x78]);
        let odd = ["", "a", "b", "12345678-9abc-def0-1234-56789abcdefg", "f00d"];
        for (at, left) in odd.iter().enumerate() {
            for right in &odd[at + 1..] {
                assert_ne!(Uid::parse(left), Uid::parse(right), "{left} {right}");
            }
        }
    }

    #[test]
    fn each_kind_of_container_has_its_word() {
        let words = ContainerKind::ALL.map(ContainerKind::word);
        assert_eq!(words, ["app", "init", "sidecar", "ephemeral", "volume"]);
        assert_eq!(words.map(ContainerKind::from_word), ContainerKind::ALL.map(Some));
        assert_eq!(ContainerKind::from_word("pod"), None);
    }
}
