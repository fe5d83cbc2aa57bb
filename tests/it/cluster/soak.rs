//! A cluster, its network, its API server and kimager itself are treated badly at random; in the end
//! what was said, what was recorded and what happened are compared.
//!
//! `KIMAGER_SOAK_FOR` says how long (`10m`), `KIMAGER_SOAK_SEED` which of the random runs; `make soak`
//! sets them.
#![expect(clippy::print_stderr, reason = "a run is told by its seed")]

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::SignedDuration;
use kimager::record::past::Span;
use kimager::record::{Past as _, SqlitePast};
use serde_json::Value;

use super::course::{Astray, follow, gaps};
use super::deck::Deck;
use super::misdeeds::{Ruin, Soak, Trouble};
use super::moments::{Claim, Moment, Sight, check};
use super::planes::disposable;
use super::reckoning::{check_events, check_turns, check_uses, merge};
use super::recount;
use super::stalls;

/// Of so many moments in which kimager did not run the record is asked, about: each question reads much
/// of it.
const MOMENTS_ASKED: usize = 200;
/// A run of this length comes to everything.
const LONG: Duration = Duration::from_mins(15);
/// The kinds of what is done to kimager, the network and the server.
const DEEDS: usize = 19;
/// The silence of a watch is noticed after 2½ min.
const SILENCE: Duration = Duration::from_mins(3);

/// What a run of `make test` does: everything that has to be made up for in a way of its own.
fn brief(soak: &mut Soak<'_>) {
    soak.trouble(Trouble::Restless, Duration::from_secs(5));
    soak.calm();
    soak.trouble(Trouble::Away, Duration::from_secs(1));
    soak.settle();
    soak.ruin(Ruin::RestartUnseen);
    soak.trouble(Trouble::Restless, Duration::from_secs(4));
    soak.ruin(Ruin::SetBack);
    soak.trouble(Trouble::Restless, Duration::from_secs(3));
    soak.ruin(Ruin::SetBackAndPassed);
}

/// Times of trouble between times of calm, for so long.
fn long(soak: &mut Soak<'_>, length: Duration) {
    let over = Instant::now() + length;
    let mut troubles = Deck::new(&[
        (4, Trouble::Restless),
        (1, Trouble::Still),
        (1, Trouble::Cuts),
        (1, Trouble::Away),
        (1, Trouble::Held),
    ]);
    let mut ruins = Deck::new(&[
        (1, Ruin::Restart),
        (1, Ruin::RestartUnseen),
        (1, Ruin::Compact),
        (1, Ruin::SetBack),
        (1, Ruin::SetBackAndPassed),
    ]);
    for number in 0_usize.. {
        let left = over.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let (trouble, lasting) = match number % 12 {
            // Long enough to be noticed by itself, and for the pauses to become as long as they may.
            4 => (Trouble::Still, SILENCE),
            8 => (Trouble::Cuts, SILENCE),
            _ => (troubles.deal(&mut soak.rng), heavy_tailed(&mut soak.rng)),
        };
        soak.trouble(trouble, lasting.min(left));
        if number % 2 == 0 {
            let ruin = ruins.deal(&mut soak.rng);
            soak.ruin(ruin);
        }
        if soak.rng.bool() { soak.settle() } else { soak.calm() }
    }
}

/// Mostly some seconds, and now and then up to four minutes.
fn heavy_tailed(rng: &mut Rng) -> Duration {
    Duration::from_secs_f64((5.0 / rng.f64().max(0.01).powf(1.2)).min(240.0))
}

fn length() -> Option<Duration> {
    let told = env::var("KIMAGER_SOAK_FOR").ok().filter(|told| !told.is_empty())?;
    let length: SignedDuration = told.parse().expect("KIMAGER_SOAK_FOR is a duration such as 10m");
    Some(length.unsigned_abs())
}

fn seed() -> u64 {
    let told = env::var("KIMAGER_SOAK_SEED").ok().filter(|told| !told.is_empty());
    told.map_or_else(
        || Rng::new().u64(0..1_000_000),
        |told| told.parse().expect("KIMAGER_SOAK_SEED is a number"),
    )
}

/// Asks of all moments, but of those in which kimager was away only of some; returns how often which kind
/// was claimed to be what.
fn ask(past: &SqlitePast, moments: &[Moment]) -> BTreeMap<String, usize> {
    let away = moments.iter().filter(|moment| moment.sight == Sight::Away).count();
    let step = (away / MOMENTS_ASKED).max(1);
    let is_away = |moment: &&Moment| moment.sight == Sight::Away;
    let asked = moments.iter().filter(|moment| !is_away(moment));
    let mut claims = BTreeMap::new();
    for moment in asked.chain(moments.iter().filter(is_away).step_by(step)) {
        let claim: Claim = check(past, moment);
        *claims.entry(format!("{:?} {claim:?}", moment.sight)).or_default() += 1;
    }
    claims
}

#[test]
fn whatever_happens_lines_record_and_cluster_agree() {
    stalls::so_far();
    let (length, seed) = (length(), seed());
    eprintln!("KIMAGER_SOAK_SEED={seed}, for {length:?}");
    let mut plane = disposable();
    let mut soak = Soak::new(&mut plane, seed);
    soak.lives.begin();
    match length {
        None => brief(&mut soak),
        Some(length) => long(&mut soak, length),
    }
    soak.settle();
    // Where a change of image and what followed it are seen at once, only a further status tells whose
    // digest it was.
    soak.population.report_all(soak.plane.api(), &mut soak.rng);
    soak.calm();
    let pods = soak.population.check(soak.plane.api());
    soak.lives.stop();

    let Soak { lives, mut population, moments, done, .. } = soak;
    population.truth.stood_still(&stalls::so_far());
    let truth = &population.truth;
    let events = merge(&lives.over);
    assert_eq!(check_turns(events.values()), *truth.used(), "the lines lead to what is");
    let past = SqlitePast::open(Path::new(lives.record.path())).expect("a record");
    check_events(&past, &events);
    check_uses(&past, &recount::uses(&pods));
    let gaps = gaps(&past.sight().expect("it can be read").seen);
    if let Err(Astray { at, why }) = follow(truth, &events, &gaps) {
        let diagnostics = lives.diagnostics(Span::moment(at));
        panic!("{why}\n{truth:?}\n{gaps:#?}\n{diagnostics:#?}");
    }
    // Blindness is not free.
    for gap in gaps.iter().filter(|gap| gap.is_blind) {
        let Some(from) = gap.from else { continue };
        let span = Span { from, until: gap.until };
        let diagnostics = lives.diagnostics(span);
        assert!(truth.may_be_forgotten(span), "blind for no reason: {gap:?}, {truth:?}, {diagnostics:#?}");
    }
    let claims = ask(&past, &moments);

    let blind = gaps.iter().filter(|gap| gap.is_blind).count();
    let of = |word: &str| events.values().filter(|event: &&Value| event["event"] == word).count();
    let silences = lives.complaints("the server sent nothing for 1");
    eprintln!(
        "{} deeds {:?}\n{:?}\n{} lives, {} added, {} removed, {} moved; {blind} blind gaps, {} bridged; {silences} silences\n\
         moments: {claims:?}",
        truth.deeds().len(),
        population.made,
        done,
        lives.over.len(),
        of("added"),
        of("removed"),
        of("moved"),
        gaps.len() - blind,
    );
    // In a brief run it is for chance, and for the machine's speed, of what which moments were.
    let kinds = match length {
        None => [" Seen", " Bridged", " Blind"],
        Some(_) => ["Settled Seen", "Away Bridged", "Forgotten Blind"],
    };
    let is_claimed = |kind: &str| claims.keys().any(|claim| claim.ends_with(kind));
    assert!(kinds.into_iter().all(is_claimed), "not all was tried: {claims:?}");
    if length.is_some_and(|length| length >= LONG) {
        assert!(
            silences > 0 && done.len() == DEEDS && population.made.len() == 7,
            "not all was tried: {done:?}"
        );
    }
}
