//! Whatever happened, an answer that is given leaves out no image that was used in its window.

use std::collections::HashSet;

use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::answers::keep::{Candidates, Fate, Keep, Terms, ask};
use crate::answers::sketch::{ALL, Sketch, UseOf, span, t, use_of};
use crate::answers::{FRESH, Gap, GapKind};
use crate::record::past::Healed;

const ONE: &str = "namespace a";

/// What really happened: an image was used from one time to another.
#[derive(Clone, Debug)]
struct Truth {
    namespace: &'static str,
    from: i64,
    until: i64,
}

/// A time in sight after one out of sight.
#[derive(Clone, Debug)]
struct Sighting {
    pause: i64,
    length: i64,
    healed: Healed,
    scope: &'static str,
    /// Whether the program was started anew.
    starts: bool,
    /// By how much its clock jumped ahead before it came to its end.
    ahead: i64,
}

fn truth() -> impl Strategy<Value = Truth> {
    (prop_oneof![Just("a"), Just("b")], 0..300_i64, 0..60_i64).prop_map(|(namespace, from, length)| Truth {
        namespace,
        from,
        until: from + length,
    })
}

fn sighting() -> impl Strategy<Value = Sighting> {
    let healed = prop_oneof![Just(Healed::Bridged), Just(Healed::Blind), Just(Healed::Unwritable)];
    let scope = prop_oneof![9 => Just(ALL), 1 => Just(ONE)];
    let ahead = prop_oneof![9 => Just(0), 1 => Just(10_000)];
    (0..8_i64, 1..80_i64, healed, scope, any::<bool>(), ahead).prop_map(
        |(pause, length, healed, scope, starts, ahead)| Sighting {
            pause,
            length,
            healed,
            scope,
            starts,
            ahead,
        },
    )
}

fn image(number: usize) -> String {
    format!("quay.io/team/image{number}:1")
}

/// The record that kimager would have made: of each scope, what it could know.
fn recorded(truths: &[Truth], sightings: &[Sighting], pruned_until: Option<i64>) -> Sketch {
    let mut sketch = Sketch::new();
    let mut now = 0;
    let mut scope = "";
    let mut seen: Vec<(&str, i64, i64, Healed)> = Vec::new();
    let mut said_until = Vec::new();
    for sighting in sightings {
        now += sighting.pause;
        if sighting.starts || sighting.scope != scope {
            sketch = sketch.start(now, &[sighting.scope]);
            scope = sighting.scope;
        }
        // Only what was seen before of the same scope can be resumed.
        let is_first = !seen.iter().any(|(seen, ..)| *seen == scope);
        let healed = if is_first { Healed::Blind } else { sighting.healed };
        seen.push((scope, now, now + sighting.length, healed));
        now += sighting.length;
        said_until.push(now + sighting.ahead);
    }
    for ((scope, from, _, healed), until) in seen.iter().zip(said_until) {
        sketch = sketch.seen(scope, *from, until, *healed);
    }
    for scope in [ALL, ONE] {
        let seen: Vec<_> = seen.iter().filter(|(of, ..)| *of == scope).collect();
        for (number, truth) in truths.iter().enumerate() {
            let is_in_scope = scope == ALL || truth.namespace == "a";
            let Some((opened, closed)) = known(truth, &seen).filter(|_| is_in_scope) else { continue };
            let used = use_of(&image(number), opened).scope(scope);
            let used = closed.into_iter().fold(used, UseOf::until);
            let is_pruned = pruned_until.zip(closed).is_some_and(|(pruned, closed)| closed < pruned);
            if !is_pruned {
                sketch = sketch.used(used);
            }
        }
    }
    pruned_until.into_iter().fold(sketch, Sketch::pruned_until)
}

/// When a use was found to begin and to end by somebody who saw at these times; `None` if it was
/// missed.
fn known(truth: &Truth, seen: &[&(&str, i64, i64, Healed)]) -> Option<(i64, Option<i64>)> {
    let mut last_end = None;
    let mut opened = None;
    for (_, from, until, healed) in seen {
        // A watch that is resumed tells all that happened meanwhile.
        let is_told =
            *healed == Healed::Bridged && last_end.is_some_and(|end| truth.from > end) && truth.until < *from;
        if is_told {
            return Some((*from, Some(*from)));
        }
        if opened.is_none() && truth.from <= *until && truth.until >= *from {
            opened = Some(truth.from.max(*from));
        }
        if let Some(opened) = opened
            && truth.until <= *until
        {
            return Some((opened, Some(truth.until.max(*from))));
        }
        last_end = Some(*until);
    }
    opened.map(|opened| (opened, None))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_leaves_out_an_image_that_was_used_in_its_window(
        truths in vec(truth(), 1..12),
        sightings in vec(sighting(), 1..8),
        pruned_until in proptest::option::weighted(0.2, 0..200_i64),
        lag in prop_oneof![0..12_i64, 0..400_i64],
        within in 1..300_i64,
        max_gap in prop_oneof![9 => 0..8_i64, 1 => Just(100_000)],
    ) {
        let sketch = recorded(&truths, &sightings, pruned_until);
        let seen_until = sightings.iter().map(|sighting| sighting.pause + sighting.length).sum::<i64>();
        let now = seen_until + lag;
        let window = span(now - within, now);
        let terms = Terms { window, max_gap: SignedDuration::from_secs(max_gap), partial_scope: false };
        let Ok(asked) = ask(&sketch, terms, 0) else { return Ok(()) };

        let tolerated = asked.vouched.tolerated.clone();
        let mut keep = Keep::default();
        keep.add(asked.cluster);
        let kept: HashSet<String> = keep.list().into_iter().map(|kept| kept.name.to_string()).collect();
        for (number, truth) in truths.iter().enumerate() {
            let is_used = truth.until >= now - within && truth.from <= now;
            // What a tolerated gap hid was said to be unknown.
            let is_in = |gap: &Gap| {
                gap.kind != GapKind::Misdated
                    && gap.from.is_some_and(|from| t(truth.from) > from)
                    && gap.until.is_none_or(|until| t(truth.until) < until)
            };
            let is_hidden = tolerated.iter().any(is_in);
            prop_assert!(!is_used || is_hidden || kept.contains(&image(number)), "{} of {truths:?}", number);
            for gap in tolerated.iter().filter(|gap| gap.kind != GapKind::Misdated) {
                let Some(from) = gap.from else { panic!("{gap:?} has no beginning") };
                let length = gap.until.unwrap_or(t(now)).duration_since(from);
                let most = if gap.until.is_some() { terms.max_gap } else { FRESH };
                prop_assert!(length <= most, "{gap:?}");
            }

            let candidate = image(number) + "\n";
            let candidates = Candidates::read(candidate.as_bytes()).expect("it is whole");
            let fate = candidates.judge(keep.stays()).candidates[0].1;
            prop_assert_eq!(fate == Fate::Stays, kept.contains(&image(number)));
        }
    }
}
