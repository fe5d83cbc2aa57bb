//! A cluster, its network, its API server and kimager itself are treated badly at random; in the end
//! what was said, what was recorded and what happened are compared.
//!
//! `KIMAGER_SOAK_FOR` says how long (`10m`), `KIMAGER_SOAK_SEED` which of the random runs; `make soak`
//! sets them.
#![expect(clippy::print_stderr, reason = "a run is told by its seed")]

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use kimager::answers::{At, Filter, GapKind, Wanted, at};
use kimager::record::SqlitePast;
use serde_json::json;

use super::control_plane::{ControlPlane, EtcdSnapshot};
use super::kimager::Kimager;
use super::planes::disposable;
use super::population::{LABEL, Population};
use super::reckoning::{check_record, check_turns, merge};
use super::record::RecordFile;
use super::weather::{End, Network, Weather};

/// How long a run of `make test` lasts.
const BRIEF: Duration = Duration::from_secs(40);
/// Kimager reads all pods anew so often, to find what a store set back has hidden.
const AUDIT_EVERY: Duration = Duration::from_secs(4);

/// After trouble upon trouble the pause before the next try lasts up to a minute, and what it finds may
/// be another break. Silence alone would be noticed within this.
const RECOVERY: Duration = Duration::from_mins(3);
/// Of so many moments in which kimager did not run the record is asked, about.
const MOMENTS_ASKED: usize = 200;

/// How a moment stands to what kimager can know of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    /// All until then was said.
    Told,
    /// Kimager did not run.
    Away,
    /// Nor could it learn of it afterwards, as the server had forgotten it.
    Forgotten,
}

/// What was true at a moment at which nothing changed.
#[derive(Debug)]
struct Moment {
    at: Timestamp,
    images: BTreeSet<String>,
    sight: Sight,
}

/// The run.
struct Soak<'a> {
    rng: Rng,
    plane: &'a mut ControlPlane,
    network: Network,
    record: RecordFile,
    population: Population,
    kimager: Option<Kimager>,
    is_paused: bool,
    /// What each life has printed.
    printed: Vec<Vec<String>>,
    moments: Vec<Moment>,
    /// Misdeeds, restarts and restores of the server.
    deeds: [usize; 3],
}

impl Soak<'_> {
    fn start(&mut self) {
        if self.kimager.is_none() {
            let kubeconfig = self.plane.kubeconfig_at(&self.network.url(), &json!({ "token": "admin" }));
            let every = format!("{}s", AUDIT_EVERY.as_secs());
            let arguments = ["-l", LABEL, "--output", "json", "--audit-every", &every];
            self.kimager = Some(Kimager::start(&kubeconfig, self.record.path(), &arguments));
            self.is_paused = false;
        }
    }

    fn end(&mut self, how: impl FnOnce(&mut Kimager)) {
        self.resume();
        if let Some(mut kimager) = self.kimager.take() {
            how(&mut kimager);
            self.printed.push(kimager.stdout());
        }
    }

    fn resume(&mut self) {
        if std::mem::take(&mut self.is_paused)
            && let Some(kimager) = &self.kimager
        {
            kimager.resume();
        }
    }

    /// Something happens in the cluster.
    fn churn(&mut self) {
        self.population.change(self.plane.api(), &mut self.rng);
        if self.kimager.is_none() {
            self.note(Sight::Away);
        }
    }

    fn note(&mut self, sight: Sight) {
        self.moments.push(Moment { at: Timestamp::now(), images: self.population.images(), sight });
    }

    /// Something happens to kimager or to the network.
    fn mistreat(&mut self) {
        match self.rng.u8(0..12) {
            0..2 => self.end(Kimager::kill_9),
            2 => self.end(stop),
            3..6 => self.start(),
            6 => {
                if let Some(kimager) = self.kimager.as_ref().filter(|_| !self.is_paused) {
                    kimager.pause();
                    self.is_paused = true;
                }
            }
            7 => self.resume(),
            8..10 => {
                let end = if self.rng.bool() { End::Closed } else { End::Reset };
                self.network.end_connections(end, self.rng.usize(0..5000));
            }
            _ => {
                let weathers = [Weather::Fair, Weather::Fair, Weather::Slow, Weather::Still];
                self.network.turn(weathers[self.rng.usize(0..weathers.len())]);
            }
        }
        self.deeds[0] += 1;
    }

    /// All is put right, and kimager is given the time to say what it has missed.
    fn calm(&mut self) {
        self.network.mend();
        self.network.turn(Weather::Fair);
        self.start();
        self.resume();
        if let Some(kimager) = &self.kimager {
            let image = self.population.fence(self.plane.api());
            kimager.wait_for_line(|line| line.contains(&image), RECOVERY);
        }
        sleep(Duration::from_millis(100));
        self.note(Sight::Told);
        sleep(Duration::from_millis(100));
    }

    /// The server goes and comes again, and no longer knows what was.
    fn restart_server(&mut self) {
        if self.rng.bool() {
            self.end(Kimager::kill_9);
            self.churn();
        }
        self.plane.restart_apiserver();
        self.forget();
        self.deeds[1] += 1;
    }

    fn restore(&mut self, (snapshot, population): &(EtcdSnapshot, Population)) {
        self.plane.restore_etcd(snapshot);
        self.population = population.clone_of_the_past(&self.population);
        self.forget();
        self.deeds[2] += 1;
    }

    /// Whatever happened since kimager went is forgotten.
    fn forget(&mut self) {
        if self.kimager.is_none() {
            let unseen = self.moments.iter_mut().rev().take_while(|moment| moment.sight == Sight::Away);
            unseen.for_each(|moment| moment.sight = Sight::Forgotten);
        }
    }

    /// Some seconds of it.
    fn round(&mut self, until: Instant) {
        let mut next = Instant::now();
        while Instant::now() < until {
            for _ in 0..self.rng.usize(1..10) {
                self.churn();
            }
            if Instant::now() >= next {
                self.mistreat();
                // Mostly in close order; now and then it is left alone for as long as a resumed
                // watch takes to be in sight of everything.
                let restless = self.rng.u64(0..100);
                next = Instant::now() + Duration::from_millis(restless * restless);
            }
            if self.rng.u8(0..20) == 0 {
                self.calm();
            }
        }
    }
}

/// Tells it to stop; earlier than its first line nobody hears the signal, and it ends by it.
fn stop(kimager: &mut Kimager) {
    kimager.wait_for_line(|line| line.contains("watching "), RECOVERY);
    assert_eq!(kimager.terminate(), 0);
}

fn length() -> Duration {
    let told = env::var("KIMAGER_SOAK_FOR").ok().filter(|told| !told.is_empty());
    told.map_or(BRIEF, |told| {
        let length: SignedDuration = told.parse().expect("KIMAGER_SOAK_FOR is a duration such as 10m");
        length.unsigned_abs()
    })
}

fn seed() -> u64 {
    let told = env::var("KIMAGER_SOAK_SEED").ok().filter(|told| !told.is_empty());
    told.map_or_else(
        || Rng::new().u64(0..1_000_000),
        |told| told.parse().expect("KIMAGER_SOAK_SEED is a number"),
    )
}

/// What a record says of a moment, held against what was true.
fn check_moment(moment: &Moment, answer: &At) {
    let references = |images: &kimager::answers::ImagesThen| -> BTreeSet<String> {
        images.iter().map(|image| image.reference.to_string()).collect()
    };
    let (certain, possible) = (references(&answer.certain), references(&answer.possible));
    let gaps = &answer.extent.gaps;
    let is_blind = gaps.iter().any(|gap| gap.kind != GapKind::Bridged);
    let Moment { at, images, sight } = moment;
    let told = || {
        let missing: Vec<_> = images.difference(&certain).collect();
        let wrong: Vec<_> = certain.difference(images).collect();
        format!("{at}, {sight:?}: not told {missing:?}, wrongly told {wrong:?}, {gaps:?}")
    };
    if gaps.is_empty() {
        assert_eq!(*sight, Sight::Told, "nobody was there: {}", told());
        assert!(certain == *images && possible.is_empty(), "{}", told());
    } else if is_blind {
        // Nothing is claimed.
    } else {
        assert_ne!(*sight, Sight::Forgotten, "nobody can know: {}", told());
        assert!(certain.is_subset(images), "{}", told());
        assert!(images.iter().all(|image| certain.contains(image) || possible.contains(image)), "{}", told());
    }
}

#[test]
fn whatever_happens_lines_record_and_cluster_agree() {
    let (length, seed) = (length(), seed());
    eprintln!("KIMAGER_SOAK_SEED={seed}, for {length:?}");
    let mut plane = disposable();
    let population = Population::new(plane.api(), seed);
    let snapshot = (plane.snapshot_etcd(), population.clone());
    let network = Network::to(&plane);
    let mut soak = Soak {
        rng: Rng::with_seed(seed),
        plane: &mut plane,
        network,
        record: RecordFile::new(),
        population,
        kimager: None,
        is_paused: false,
        printed: Vec::new(),
        moments: Vec::new(),
        deeds: [0; 3],
    };
    let over = Instant::now() + length;
    soak.start();
    let round = (length / 4).min(Duration::from_mins(1));
    for number in 0_usize.. {
        soak.round((Instant::now() + round).min(over));
        match number % 4 {
            0 => soak.restart_server(),
            2 => soak.restore(&snapshot),
            _ => soak.calm(),
        }
        if Instant::now() >= over {
            break;
        }
    }
    soak.calm();
    // What a store set back has hidden from a watch, two audits find at the latest.
    sleep(AUDIT_EVERY * 3);
    soak.calm();
    soak.end(stop);

    let events = merge(&soak.printed);
    let images = soak.population.images();
    assert_eq!(check_turns(events.values()), images, "the lines lead to what is");
    let past = SqlitePast::open(Path::new(soak.record.path())).expect("a record");
    check_record(&past, &events, &images);
    let mut seen = 0;
    let of = |sight| soak.moments.iter().filter(move |moment| moment.sight == sight);
    let (told, forgotten) = (of(Sight::Told).count(), of(Sight::Forgotten).count());
    // Each question reads much of the record.
    let step = (soak.moments.len() / MOMENTS_ASKED).max(1);
    for moment in of(Sight::Told).chain(of(Sight::Forgotten)).chain(of(Sight::Away).step_by(step)) {
        let wanted = Wanted { filter: &Filter::default(), namespaces: &[] };
        let answer = at(&past, wanted, moment.at).expect("it can be read");
        check_moment(moment, &answer);
        seen += usize::from(answer.extent.gaps.is_empty());
    }
    let [misdeeds, restarts, restores] = soak.deeds;
    eprintln!(
        "{} events in {} lives; {} changes, {misdeeds} misdeeds, {restarts} restarts of the server, {restores} \
         restores; {told} moments told, {seen} of them seen, {forgotten} forgotten, {} asked in all",
        events.len(),
        soak.printed.len(),
        soak.population.changes(),
        soak.moments.len() / step,
    );
    assert!(seen > 0 && events.len() > 10, "nothing was tried");
}
