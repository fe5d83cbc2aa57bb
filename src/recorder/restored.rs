//! A record that was opened, before anything is recorded.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::figures::Figures;
use super::health::Health;
use super::measuring::Measuring;
use super::pending::Pending;
use super::scopes::Scopes;
use super::speaker::Speaker;
use super::stamp::{self, Stamp};
use super::{Recorder, RecorderError};
use crate::inventory::census::CensusLimits;
use crate::inventory::{Census, Inventory, Scope, ScopeId};
use crate::lines::Lines;
use crate::record::{Limits, NewStart, Opened, RecordError, Store, Writer};

/// Events replayed at a time.
const REPLAY: usize = 500;

/// A record that was opened, before anything is recorded.
pub struct Restored {
    pub(super) inventory: Inventory,
    store: Box<dyn Store>,
    limits: Limits,
    health: watch::Sender<Health>,
    figures: Figures,
    census: Option<CensusLimits>,
    pub(super) is_adopting: bool,
    /// What the record says of itself.
    pub opened: Opened,
}

impl fmt::Debug for Restored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restored").field("opened", &self.opened).finish_non_exhaustive()
    }
}

impl Restored {
    /// Opens a record and takes back what it holds. `is_adopting` lets it go on with another cluster
    /// of the same name.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn open(mut store: Box<dyn Store>, is_adopting: bool) -> Result<Self, RecordError> {
        let mut inventory = Inventory::default();
        let opened = store.restore(&mut inventory)?;
        let is_adopting = is_adopting && opened.is_elsewhere;
        let health = watch::Sender::new(Health::at_start(&[]));
        Ok(Self {
            inventory,
            store,
            limits: Limits::default(),
            health,
            figures: Figures::default(),
            census: None,
            is_adopting,
            opened,
        })
    }

    /// Lets the record grow to other limits than the usual ones.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Lets the recorder tell how it is; `health` knows the scopes that it will watch.
    #[must_use]
    pub fn telling(self, health: watch::Sender<Health>) -> Self {
        Self { health, ..self }
    }

    /// Lets the recorder tell what is measured. A census is only taken within `census`: it takes memory,
    /// some bytes for each shape of pods.
    #[must_use]
    pub fn measured(self, figures: Figures, census: Option<CensusLimits>) -> Self {
        Self { figures, census, ..self }
    }

    /// How long images without users linger; see [`Inventory::set_linger`].
    pub fn set_linger(&mut self, linger: Duration) {
        self.inventory.set_linger(u64::try_from(linger.as_millis()).unwrap_or(u64::MAX));
    }

    /// The scope's number, and the version from which its watch can resume.
    pub fn scope(&mut self, scope: &Scope) -> (ScopeId, Option<Box<str>>) {
        let version = self.opened.checkpoints.get(&*scope.to_string()).cloned();
        (self.inventory.scope(scope), version)
    }

    /// Says what was stored but not said before the last end, and begins to record. Lines go to
    /// standard output.
    ///
    /// # Errors
    /// Where the record or standard output fails.
    pub async fn begin(self, scopes: &[(ScopeId, Scope)], lines: Lines) -> Result<Recorder, RecorderError> {
        self.begin_on(Box::new(io::stdout()), scopes, lines).await
    }

    /// [`begin`](Self::begin), with `out` in place of standard output.
    ///
    /// # Errors
    /// Where the record or `out` fails.
    pub async fn begin_on(
        mut self,
        out: Box<dyn Write + Send>,
        scopes: &[(ScopeId, Scope)],
        lines: Lines,
    ) -> Result<Recorder, RecorderError> {
        let texts: Vec<Arc<str>> = scopes.iter().map(|(_, scope)| scope.to_string().into()).collect();
        let numbered = scopes.iter().zip(&texts).map(|((id, _), text)| (*id, &**text));
        let measuring = Measuring::new(self.figures.clone(), numbered);
        if let Some(limits) = self.census {
            self.figures.count_by(Census::of(&self.inventory, texts.clone(), limits));
        }
        let start =
            self.store.begin(&NewStart { at: stamp::now(), scopes: texts, is_adopting: self.is_adopting })?;
        let mut speaker = Speaker::new(out, lines, &self.opened).map_err(RecorderError::Stdout)?;
        while !speaker.is_closed() {
            let entries = self.store.unsaid(speaker.heard(), REPLAY)?;
            if entries.is_empty() {
                break;
            }
            speaker.say(&entries);
            while !speaker.has_room() && !speaker.is_closed() {
                speaker.went_on().await.map_err(RecorderError::Stdout)?;
            }
        }
        Ok(Recorder {
            is_first_list: self.inventory.is_empty(),
            inventory: self.inventory,
            writer: Writer::spawn(self.store, self.limits, self.figures.record.clone())?,
            speaker,
            stamp: Stamp::new(&self.opened, start),
            scopes: Scopes::new(scopes, &self.opened, &self.figures.gaps),
            pending: Pending::default(),
            health: self.health,
            measuring,
            unconfirmed: BTreeMap::new(),
            storing: None,
            batches: 0,
        })
    }
}
