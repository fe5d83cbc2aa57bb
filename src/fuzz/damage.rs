//! What becomes of a valid input by chance.

use fastrand::Rng;

/// More damages at once leave nothing that is nearly valid.
const MOST: usize = 4;
/// The longest run of bytes that is added at once; a whole input may be, too.
const LONGEST_RUN: usize = 64;

/// Bytes at which readers of text and of lengths do something else.
const ODD: [u8; 24] =
    [0, 1, 2, 8, 10, 13, 18, 27, 32, 34, 39, 44, 47, 58, 64, 91, 92, 93, 123, 125, 127, 128, 254, 255];

/// Texts that stand for more than they look.
const TEXTS: [&str; 16] = [
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "\u{85}",
    "é",
    "\r\n",
    "\\u0000",
    "\\ud800",
    "null",
    "-1",
    "0",
    "1e999",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "99999999999999999999",
];

/// Damages inputs.
pub(super) struct Damage {
    /// Texts that mean something to the reader.
    words: Vec<Vec<u8>>,
}

impl Damage {
    pub(super) fn new(words: &[&str]) -> Self {
        Self { words: words.iter().chain(&TEXTS).map(|text| text.as_bytes().to_vec()).collect() }
    }

    /// One of the pool, damaged.
    pub(super) fn of(&self, pool: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
        let mut input = any(pool, random).clone();
        for _ in 0..random.usize(1..=MOST) {
            self.once(&mut input, pool, random);
        }
        input
    }

    fn once(&self, input: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut Rng) {
        let at = random.usize(0..=input.len());
        let run = run(input, random);
        match random.u8(0..12) {
            0 => flip(input, random),
            1 => replace(input, at, &[ODD[random.usize(0..ODD.len())]]),
            2 => replace(input, at, &[random.u8(..)]),
            3 => drop(input.drain(run)),
            4 => input.truncate(at),
            5 => {
                let piece = input[run].to_vec();
                insert(input, at, &piece);
            }
            6 => {
                let piece: Vec<u8> = input.drain(run).collect();
                let at = random.usize(0..=input.len());
                insert(input, at, &piece);
            }
            7 => {
                let other = any(pool, random);
                insert(input, at, &other[self::run(other, random)]);
            }
            8 => {
                let other = any(pool, random);
                let from = random.usize(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            9 => insert(input, at, any(&self.words, random)),
            10 => replace(input, at, any(&self.words, random)),
            _ => {
                let times = 1 << random.u8(1..10);
                let piece = input[run].repeat(times);
                insert(input, at, &piece[..piece.len().min(1 << 14)]);
            }
        }
    }
}

fn any<'a>(pool: &'a [Vec<u8>], random: &mut Rng) -> &'a Vec<u8> {
    &pool[random.usize(0..pool.len())]
}

/// A run of bytes somewhere in `input`, mostly a short one.
fn run(input: &[u8], random: &mut Rng) -> std::ops::Range<usize> {
    let from = random.usize(0..=input.len());
    let longest = if random.u8(0..8) == 0 { input.len() } else { LONGEST_RUN };
    let length = random.usize(0..=longest).min(input.len() - from);
    from..from + length
}

fn flip(input: &mut [u8], random: &mut Rng) {
    if !input.is_empty() {
        input[random.usize(0..input.len())] ^= 1 << random.u8(0..8);
    }
}

fn replace(input: &mut Vec<u8>, at: usize, by: &[u8]) {
    let end = input.len().min(at + by.len());
    input.splice(at..end, by.iter().copied());
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}
