//! All that is done to kimager, to the network and to the API server in a soak.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jiff::Timestamp;
use kimager::record::past::Span;
use serde_json::json;

use super::control_plane::{ControlPlane, EtcdSnapshot};
use super::deck::Deck;
use super::lives::{Lives, RECOVERY};
use super::moments::{Moment, Sight};
use super::pods::Pod;
use super::population::{LABEL, Picture, Population};
use super::reckoning::time;
use super::truth;
use super::weather::{End, Network, Weather};

/// Kimager reads all pods anew so often, to find what a store set back has hidden.
const AUDIT_EVERY: &str = "2s";
/// Where versions are burnt.
const FILLER: &str = "soak-filler";

/// Something done to kimager or to the network.
#[derive(Clone, Copy, Debug)]
enum Misdeed {
    Kill,
    Stop,
    Begin,
    Pause,
    Resume,
    Cut,
    Weather(Weather),
}

/// Something done to the API server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ruin {
    /// It crashes and comes again, and no longer knows what was.
    Restart,
    /// The same, while kimager is away and something has happened.
    RestartUnseen,
    /// And its store has forgotten all but the present.
    Compact,
    /// The store is set back to an older state.
    SetBack,
    /// The same, while kimager is away; when it comes again the store has passed the version.
    SetBackAndPassed,
}

/// A time of trouble, by what it mainly consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// One misdeed after another.
    Restless,
    /// Nothing passes the network.
    Still,
    /// Each connection is cut: the pauses between tries grow.
    Cuts,
    /// Kimager is dead.
    Away,
    /// Kimager is stopped.
    Held,
}

/// A cluster and kimager in trouble.
pub(crate) struct Soak<'a> {
    pub(crate) rng: Rng,
    pub(crate) plane: &'a mut ControlPlane,
    network: Network,
    pub(crate) lives: Lives,
    pub(crate) population: Population,
    pub(crate) moments: Vec<Moment>,
    /// How many moments and deeds there were when the last life ended.
    unseen: (usize, usize),
    deck: Deck<Misdeed>,
    snapshot: Rc<(EtcdSnapshot, Picture)>,
    /// How often what was done.
    pub(crate) done: BTreeMap<&'static str, usize>,
}

impl<'a> Soak<'a> {
    pub(crate) fn new(plane: &'a mut ControlPlane, seed: u64) -> Self {
        let population = Population::new(plane.api(), seed);
        plane.api().create_namespace(FILLER);
        let network = Network::to(plane);
        let kubeconfig = plane.kubeconfig_at(&network.url(), &json!({ "token": "admin" }));
        let arguments = ["-l", LABEL, "--output", "json", "--audit-every", AUDIT_EVERY];
        let deck = Deck::new(&[
            (2, Misdeed::Kill),
            (1, Misdeed::Stop),
            (3, Misdeed::Begin),
            (1, Misdeed::Pause),
            (2, Misdeed::Resume),
            (2, Misdeed::Cut),
            (2, Misdeed::Weather(Weather::Fair)),
            (1, Misdeed::Weather(Weather::Slow)),
            (1, Misdeed::Weather(Weather::Still)),
        ]);
        Self {
            rng: Rng::with_seed(seed),
            snapshot: Rc::new((plane.snapshot_etcd(), population.picture())),
            plane,
            network,
            lives: Lives::new(kubeconfig, &arguments),
            population,
            moments: Vec::new(),
            unseen: (0, 0),
            deck,
            done: BTreeMap::new(),
        }
    }

    fn did(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    fn note(&mut self, at: Timestamp, sight: Sight) {
        self.moments.push(Moment { at, images: self.population.truth.used().clone(), sight });
    }

    /// Something happens in the cluster.
    pub(crate) fn churn(&mut self) {
        self.population.change(self.plane.api(), &mut self.rng);
        self.note_if_unseen();
    }

    /// Notes a moment at which kimager does not run, if something has happened since it did.
    fn note_if_unseen(&mut self) {
        if self.lives.are_all_over() && self.population.truth.deeds().len() > self.unseen.1 {
            self.note(Timestamp::now(), Sight::Away);
        }
    }

    /// Kimager dies, or is told to stop.
    fn end(&mut self, how: impl FnOnce(&mut Lives)) {
        if !self.lives.are_all_over() {
            how(&mut self.lives);
            self.unseen = (self.moments.len(), self.population.truth.deeds().len());
        }
    }

    fn pause(&mut self) {
        self.population.truth.delay();
        self.lives.pause();
    }

    fn turn(&mut self, weather: Weather) {
        if weather != Weather::Fair {
            self.population.truth.delay();
        }
        self.network.turn(weather);
    }

    /// Something happens to kimager or to the network.
    fn mistreat(&mut self) {
        let (misdeed, is_running) = (self.deck.deal(&mut self.rng), self.lives.are_running());
        match misdeed {
            Misdeed::Begin | Misdeed::Kill | Misdeed::Stop | Misdeed::Pause if self.lives.are_all_over() => {
                self.lives.begin();
                self.did("begun");
            }
            Misdeed::Kill => {
                self.end(Lives::kill);
                self.did("killed");
            }
            Misdeed::Stop => {
                self.end(Lives::stop);
                self.did("told to stop");
            }
            Misdeed::Pause if is_running => {
                self.pause();
                self.did("stopped by SIGSTOP");
            }
            Misdeed::Begin | Misdeed::Pause | Misdeed::Resume => self.lives.resume(),
            Misdeed::Cut => {
                let end = if self.rng.bool() { End::Closed } else { End::Reset };
                self.network.end_connections(end, self.rng.usize(0..5000));
                self.did(if end == End::Closed { "connections closed" } else { "connections reset" });
            }
            Misdeed::Weather(weather) => {
                self.turn(weather);
                match weather {
                    Weather::Fair => {}
                    Weather::Slow => self.did("network slow"),
                    Weather::Still => self.did("network still"),
                }
            }
        }
    }

    /// Trouble, for so long. While little happens a server remembers all of it, else not.
    pub(crate) fn trouble(&mut self, trouble: Trouble, length: Duration) {
        if self.rng.bool() {
            self.keep_state();
        }
        let until = Instant::now() + length;
        let is_sleepy = trouble != Trouble::Restless && self.rng.bool();
        match trouble {
            Trouble::Restless => self.did("restless times"),
            Trouble::Still => {
                self.turn(Weather::Still);
                self.did("times of a still network");
            }
            Trouble::Cuts => {
                self.network.end_each_connection(End::Reset, self.rng.usize(0..5000));
                self.did("times of cut connections");
            }
            Trouble::Away => {
                self.end(Lives::kill);
                self.did("times away");
            }
            Trouble::Held => {
                self.pause();
                self.did("times held by SIGSTOP");
            }
        }
        let mut next = Instant::now();
        while Instant::now() < until {
            for _ in 0..self.rng.usize(1..10) {
                self.churn();
            }
            if is_sleepy {
                sleep(
                    Duration::from_secs(self.rng.u64(5..15))
                        .min(until.saturating_duration_since(Instant::now())),
                );
            }
            if trouble == Trouble::Restless && Instant::now() >= next {
                self.mistreat();
                // Mostly in close order; now and then it is left alone for as long as a resumed
                // watch takes to be in sight of everything.
                next = Instant::now() + Duration::from_secs_f64(8.0 * self.rng.f64().powi(6));
            }
        }
    }

    /// All is put right, and kimager is given the time to say what it has missed.
    pub(crate) fn calm(&mut self) {
        self.put_right();
        self.fence();
        self.population.truth.caught_up();
    }

    fn keep_state(&mut self) {
        self.snapshot = Rc::new((self.plane.snapshot_etcd(), self.population.picture()));
    }

    fn put_right(&mut self) {
        self.network.mend();
        self.network.turn(Weather::Fair);
        self.lives.begin();
        self.lives.resume();
    }

    /// Makes a pod and waits for its line; notes the time that this tells. Returns whether it was seen as
    /// it came.
    fn fence(&mut self) -> bool {
        let image = self.population.fence(self.plane.api());
        let event = self.lives.wait_for_event(&image);
        self.note(time(&event, "observed").expect("an event has a time"), Sight::Told);
        // What comes next comes later.
        sleep(Duration::from_millis(2));
        event["not_before"].is_null()
    }

    /// Waits in calm until kimager sees things as they happen, and has found out by an audit that this is
    /// all that happens. Blindness is not free: the record has to know that.
    pub(crate) fn settle(&mut self) {
        self.calm();
        let deadline = Instant::now() + RECOVERY;
        while !(self.fence() && self.lives.wait_for_audit()) {
            assert!(Instant::now() < deadline, "kimager does not come to see things as they happen");
            sleep(Duration::from_millis(500));
        }
        self.moments.last_mut().expect("the last fence's").sight = Sight::Settled;
        // What the audit has shown is stored with what comes after it.
        self.fence();
        self.did("times settled");
    }

    /// Something happens to the API server.
    pub(crate) fn ruin(&mut self, ruin: Ruin) {
        match ruin {
            Ruin::Restart => {
                self.lapse(ControlPlane::restart_apiserver);
                self.did("restarts of the server");
            }
            Ruin::RestartUnseen => {
                self.happen_unseen(Lives::kill);
                self.lapse(ControlPlane::restart_apiserver);
                self.did("restarts of the server unseen");
            }
            Ruin::Compact => {
                self.lapse(ControlPlane::compact);
                self.did("compactions");
            }
            Ruin::SetBack => {
                self.set_back();
                if self.lives.are_all_over() {
                    // Of what the store lost nobody may ever hear.
                    self.moments.truncate(self.unseen.0);
                }
                self.did("stores set back");
            }
            Ruin::SetBackAndPassed => {
                self.keep_state();
                // What kimager learns now is a ghost afterwards.
                self.calm();
                for _ in 0..self.rng.usize(1..10) {
                    self.churn();
                }
                self.calm();
                self.happen_unseen(Lives::stop);
                let passed = self.version();
                self.set_back();
                while self.version() <= passed {
                    self.burn_versions();
                }
                for _ in 0..self.rng.usize(1..10) {
                    self.churn();
                }
                self.did("stores set back that passed the version");
            }
        }
    }

    /// Kimager ends, and something that nobody saw comes and goes.
    fn happen_unseen(&mut self, end: impl FnOnce(&mut Lives)) {
        self.end(end);
        self.population.flash(self.plane.api());
        self.note_if_unseen();
    }

    /// Does something over which the server forgets what was.
    fn lapse(&mut self, how: impl FnOnce(&mut ControlPlane)) -> Span {
        let from = truth::now();
        how(self.plane);
        let lapse = Span { from, until: Timestamp::now() };
        self.population.truth.forgot(lapse);
        if self.lives.are_all_over() {
            for moment in &mut self.moments[self.unseen.0..] {
                moment.sight = Sight::Forgotten;
            }
        }
        lapse
    }

    fn set_back(&mut self) {
        let snapshot = Rc::clone(&self.snapshot);
        let lapse = self.lapse(|plane| plane.restore_etcd(&snapshot.0));
        self.population.set_back(&snapshot.1, lapse);
        self.population.check(self.plane.api());
    }

    fn version(&self) -> u64 {
        self.plane.api().version().parse().expect("etcd numbers its versions")
    }

    fn burn_versions(&self) {
        let pods = (0..20).map(|number| Pod::new(FILLER, &format!("filler-{number}")).app("app", "filler:1"));
        self.plane.api().create_pods(pods);
        self.plane.api().delete_pods(FILLER);
    }
}
