//! Names and numbers as Kubernetes and container runtimes generate them.

use std::fmt::Write as _;

use fastrand::Rng;

use crate::inventory::Reference;

/// What generated names are made of: no vowels, so no words (`k8s.io/apimachinery`, `util/rand`).
pub(super) const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The five characters that `generateName` ends in.
pub(super) fn suffix(rng: &mut Rng) -> String {
    (0..5).map(|_| char::from(ALPHABET[rng.usize(..ALPHABET.len())])).collect()
}

/// The `pod-template-hash` of a template that `text` stands for: 32-bit FNV-1a as a decimal
/// number, its digits put into the alphabet (`k8s.io/apimachinery`, `rand.SafeEncodeString`).
pub(super) fn template_hash(text: &str) -> String {
    const PRIME: u32 = 0x0100_0193;
    const BASIS: u32 = 0x811c_9dc5;
    let hash = text.bytes().fold(BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME));
    hash.to_string().bytes().map(|digit| char::from(ALPHABET[usize::from(digit) % ALPHABET.len()])).collect()
}

/// The suffix that `number` stands for, each of 14,348,907 another one.
pub(super) fn numbered_suffix(number: usize) -> String {
    let digit = |power: u32| ALPHABET[number / ALPHABET.len().pow(power) % ALPHABET.len()];
    (0..5).rev().map(|power| char::from(digit(power))).collect()
}

/// A number that stands for `text`, the same in every run.
pub(super) fn number_of(text: &str) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    text.bytes().fold(BASIS, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}

/// 64 hexadecimal characters that `number` stands for: a digest's or a container's.
pub(super) fn hex(number: u64) -> String {
    let mut rng = Rng::with_seed(number);
    let mut text = String::with_capacity(64);
    for _ in 0..4 {
        // Writing to a string does not fail.
        let _ = write!(text, "{:016x}", rng.u64(..));
    }
    text
}

/// The `imageID` of an image after its tag was pushed again `pushes` times: `NAME@DIGEST`, as
/// containerd reports it. A reference that pins a digest always gives that one.
pub(super) fn image_id(image: &str, pushes: u64) -> String {
    let reference = Reference::parse(image);
    let registry = reference.registry().unwrap_or_default();
    let repository = reference.repository().unwrap_or_default();
    let moving = || format!("sha256:{}", hex(number_of(reference.text()).wrapping_add(pushes)));
    let digest = reference.digest().map_or_else(moving, str::to_owned);
    format!("{registry}/{repository}@{digest}")
}

/// A uid in the form the API server gives it: a random UUID.
pub(super) fn uuid(uid: u128) -> String {
    const VERSION_4: u128 = 0x4 << 76;
    const VARIANT: u128 = 0x8 << 60;
    let bits = uid & !(0xf << 76) & !(0xc << 60) | VERSION_4 | VARIANT;
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::{ALPHABET, hex, suffix, template_hash, uuid};

    #[test]
    fn a_template_hash_is_what_the_api_machinery_makes_of_the_number() {
        // SafeEncodeString("0123456789") of k8s.io/apimachinery.
        let encoded: String = ('0'..='9').map(|digit| char::from(ALPHABET[digit as usize % 27])).collect();
        assert_eq!(encoded, "456789bcdf");
        // FNV-1a of the empty text is its basis, 2166136261.
        assert_eq!(template_hash(""), "65bb57b6b5");
    }

    #[test]
    fn generated_parts_have_their_lengths_and_alphabets() {
        let mut rng = fastrand::Rng::with_seed(1);
        let suffix = suffix(&mut rng);
        assert!(suffix.len() == 5 && suffix.bytes().all(|b| ALPHABET.contains(&b)), "{suffix}");
        assert!(hex(7).len() == 64 && hex(7) == hex(7) && hex(7) != hex(8));
        assert_eq!(uuid(0), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid(u128::MAX), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
