//! Hostile input: valid input, damaged by chance, against properties that hold for any input.
//!
//! A target names its corpus, a folder of `tests/corpus`; gives valid inputs to begin with; and checks
//! one input, telling in a few words what the code made of it. An input that makes the code say what it
//! had not said before is damaged further. One that fails is made as short as it gets and kept in
//! the corpus, where every later run begins with it.
//!
//! As a unit test a target runs for a moment. `make fuzz FOR=10m TARGET=frames` runs longer, and keeps
//! what it found to be new in `target/fuzzed`, from where the next long run goes on.

mod damage;
mod guard;

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::SignedDuration;

use damage::Damage;
use guard::Guard;

/// How long a target runs, unless told otherwise: all of them are to be a few seconds of the tests.
const MOMENT: Duration = Duration::from_millis(250);
/// How many inputs it tries in that time at most.
const TRIES: usize = 2_000;
/// A longer input is damaged no further, so that a run tries many.
const LONGEST: usize = 64 << 10;
/// How often an input that fails is made shorter at most.
const SHORTENINGS: usize = 2_000;
/// How much of it is shown, in bytes.
const SHOWN: usize = 10_000;

/// What the code made of an input, in a few words: inputs of which it says the same are alike. An
/// error says which property the input does not have.
pub(crate) type Outcome = Result<String, String>;

/// Checks the corpus of a target, its valid inputs, and what becomes of both by chance.
///
/// # Panics
/// Where an input fails.
#[track_caller]
pub(crate) fn fuzz(target: &str, words: &[&str], seeds: Vec<Vec<u8>>, check: impl Fn(&[u8]) -> Outcome) {
    let corpus = below("tests/corpus", target);
    let guard = Guard::new(target, &corpus);
    let long = std::env::var("FUZZ_FOR").ok().filter(|length| !length.is_empty());
    let (length, tries, finds) = match long {
        None => (MOMENT, TRIES, None),
        Some(length) => (length_of(&length), usize::MAX, Some(below("target/fuzzed", target))),
    };
    Run { target, corpus, finds, length, tries, guard, check: &check }.run(&Damage::new(words), seeds);
}

/// Fails unless `left` equals `right`, naming what is compared.
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), String> {
    if left == right { Ok(()) } else { Err(format!("{what}: {left:?} is not {right:?}")) }
}

/// Fails unless it holds.
pub(crate) fn holds(what: &str, holds: bool) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

/// The words that a message begins with, up to what it quotes, so that messages of one kind are alike.
pub(crate) fn kind_of(message: &str) -> String {
    message.chars().take_while(|&c| c.is_ascii_alphabetic() || " ,:;-_/.".contains(c)).take(100).collect()
}

struct Run<'a, C> {
    target: &'a str,
    corpus: PathBuf,
    /// Where inputs are kept that were news, if they are.
    finds: Option<PathBuf>,
    length: Duration,
    tries: usize,
    guard: Guard,
    check: &'a C,
}

impl<C: Fn(&[u8]) -> Outcome> Run<'_, C> {
    #[track_caller]
    fn run(&self, damage: &Damage, seeds: Vec<Vec<u8>>) {
        let mut pool = seeds;
        pool.extend(files_of(&self.corpus));
        pool.extend(self.finds.iter().flat_map(|folder| files_of(folder)));
        let mut said = HashSet::new();
        for input in &pool {
            match self.outcome(input) {
                Ok(outcome) => said.insert(outcome),
                Err(_) => self.fail(input),
            };
        }
        let until = Instant::now() + self.length;
        let mut random = Rng::new();
        let mut tried = 0;
        while tried < self.tries && Instant::now() < until {
            let input = damage.of(&pool, &mut random);
            tried += 1;
            let Ok(outcome) = self.outcome(&input) else { self.fail(&input) };
            if input.len() <= LONGEST && said.insert(outcome) {
                if let Some(folder) = &self.finds {
                    keep(folder, &input);
                }
                pool.push(input);
            }
        }
        if self.finds.is_some() {
            println(&format!("{}: {tried} inputs, {} outcomes", self.target, said.len()));
        }
    }

    /// What became of an input; a panic is an error too.
    fn outcome(&self, input: &[u8]) -> Outcome {
        self.guard.begins(input);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (self.check)(input)));
        self.guard.ended();
        outcome.unwrap_or_else(|_| Err("it panics, as told above".to_owned()))
    }

    #[track_caller]
    fn fail(&self, input: &[u8]) -> ! {
        let shortest = self.shortest(input);
        let path = keep(&self.corpus, &shortest);
        // Once more, so that its panic is the last that is told.
        let cause = self.outcome(&shortest).err().unwrap_or_else(|| "it fails only at times".to_owned());
        panic!(
            "{}: {cause}\nby {} bytes, now kept in {}:\n{}",
            self.target,
            shortest.len(),
            path.display(),
            // Where only the log outlives a run, its input can be made of this again.
            shortest[..shortest.len().min(SHOWN)].escape_ascii()
        );
    }

    /// What still fails of an input once no piece of it can be left out.
    fn shortest(&self, input: &[u8]) -> Vec<u8> {
        let mut input = input.to_vec();
        let mut left = SHORTENINGS;
        let mut piece = input.len().div_ceil(2);
        while piece > 0 {
            let mut at = 0;
            while at < input.len() && left > 0 {
                left -= 1;
                let end = input.len().min(at + piece);
                let shorter = [&input[..at], &input[end..]].concat();
                if self.outcome(&shorter).is_err() { input = shorter } else { at = end }
            }
            piece /= 2;
        }
        input
    }
}

/// A target's folder below one of the repository.
fn below(folder: &str, target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(target)
}

#[track_caller]
fn length_of(text: &str) -> Duration {
    let length: SignedDuration = text.parse().expect("FUZZ_FOR is a duration such as 90s or 10m");
    length.try_into().expect("FUZZ_FOR is a duration such as 90s or 10m")
}

/// The inputs of a folder, in the order of their names; none where there is no such folder.
fn files_of(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort_unstable();
    paths.iter().map(|path| fs::read(path).expect("a file of the corpus can be read")).collect()
}

/// Keeps an input in a file that is named after what it holds.
fn keep(folder: &Path, input: &[u8]) -> PathBuf {
    let mut hash = DefaultHasher::new();
    input.hash(&mut hash);
    let path = folder.join(format!("{:016x}", hash.finish()));
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, input)).expect("the corpus can be written");
    path
}

#[expect(clippy::print_stdout, reason = "who waited for long wants to know what was tried")]
fn println(text: &str) {
    println!("{text}");
}

#[cfg(test)]
mod tests {
    use std::panic::{self, AssertUnwindSafe};

    use super::{Damage, Guard, MOMENT, Run, TRIES, files_of};

    /// It takes two damages, of which the first says something new.
    #[test]
    fn what_fails_is_found_made_short_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let corpus = folder.path().join("planted");
        let check = |input: &[u8]| {
            let text = String::from_utf8_lossy(input);
            let said = (text.contains("[["), text.contains("\\u"));
            assert_ne!(said, (true, true), "planted");
            Ok(format!("{said:?}"))
        };
        let guard = Guard::new("planted", &corpus);
        let (length, tries, corpus_of_run) = (MOMENT, TRIES, corpus.clone());
        let run = Run {
            target: "planted",
            corpus: corpus_of_run,
            finds: None,
            length,
            tries,
            guard,
            check: &check,
        };
        let damage = Damage::new(&["[", "\\u"]);
        let fails = || {
            let run = || run.run(&damage, vec![b"{\"a\": [1, 2]}".to_vec()]);
            panic::catch_unwind(AssertUnwindSafe(run)).is_err()
        };
        assert!((0..100).any(|_| fails()));
        let kept = files_of(&corpus);
        assert!(kept == [b"[[\\u"] || kept == [b"\\u[["], "{kept:?}");
        assert!(fails(), "what is kept is tried first");
        assert_eq!(files_of(&corpus), kept);
    }
}
