//! Questions that belong together are answered of one moment of the record: a reading holds it.
//!
//! While one is open the file's log cannot be emptied. So readings are few and end by themselves, and all
//! of them end once the log is long.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::record::{RecordError, SqlitePast};

/// One more ends the one that was asked longest ago.
const MOST: usize = 8;
/// One ends when nobody has asked it for so long,
const IDLE: Duration = Duration::from_secs(10);
/// and in any case after this time.
const LONGEST: Duration = Duration::from_mins(2);
/// A log is emptied at a fourth of this where nobody reads.
const LONGEST_LOG: u64 = 64 << 20;

/// The readings that are open.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings(Arc<Mutex<Vec<Reading>>>);

/// The record as it was at one moment.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// By which it is asked again.
    pub(super) name: Arc<str>,
    /// One question at a time.
    pub(super) past: Arc<Mutex<SqlitePast>>,
    began: Instant,
    asked: Instant,
}

impl Reading {
    /// Opens the record as it is now.
    pub(super) fn open(file: &Path) -> Result<Self, RecordError> {
        let past = Arc::new(Mutex::new(SqlitePast::open(file)?));
        let now = Instant::now();
        Ok(Self { name: format!("{:016x}", fastrand::u64(..)).into(), past, began: now, asked: now })
    }

    /// Until when it may be read at most.
    pub(super) fn latest(&self) -> Instant {
        self.began + LONGEST
    }

    fn ends(&self) -> Instant {
        (self.asked + IDLE).min(self.latest())
    }
}

impl Readings {
    fn lock(&self) -> MutexGuard<'_, Vec<Reading>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether one more may be opened. Where readings have kept the log from being emptied, all end, and
    /// none begins before it is.
    pub(super) fn may_begin(&self, file: &Path) -> bool {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let is_short = std::fs::metadata(log).map_or(true, |log| log.len() <= LONGEST_LOG);
        if !is_short {
            self.lock().clear();
        }
        is_short
    }

    /// Lets others ask a reading for as long as it is open.
    pub(super) fn keep(&self, reading: &Reading) {
        {
            let mut open = self.lock();
            if open.len() >= MOST
                && let Some((longest, _)) = open.iter().enumerate().min_by_key(|(_, one)| one.asked)
            {
                open.remove(longest);
            }
            open.push(reading.clone());
        }
        let (readings, name) = (self.clone(), Arc::clone(&reading.name));
        tokio::spawn(async move {
            while let Some(ends) = readings.find(&name).map(|one| one.ends()) {
                sleep_until(ends).await;
                readings.lock().retain(|one| one.name != name || one.ends() > Instant::now());
            }
        });
    }

    /// The reading of that name, to be asked.
    pub(super) fn ask(&self, name: &str) -> Option<Reading> {
        let mut open = self.lock();
        let reading = open.iter_mut().find(|one| *one.name == *name)?;
        reading.asked = Instant::now();
        Some(reading.clone())
    }

    fn find(&self, name: &str) -> Option<Reading> {
        self.lock().iter().find(|one| *one.name == *name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{IDLE, LONGEST, LONGEST_LOG, MOST, Reading, Readings};
    use crate::record::{Identity, SqliteStore};

    struct Open {
        readings: Readings,
        folder: tempfile::TempDir,
    }

    impl Open {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let identity = Identity { cluster: "here".to_owned(), server: "f00d".to_owned() };
            SqliteStore::create_or_open(&folder.path().join("record"), &identity).unwrap();
            Self { readings: Readings::default(), folder }
        }

        fn begin(&self) -> Reading {
            let reading = Reading::open(&self.folder.path().join("record")).unwrap();
            self.readings.keep(&reading);
            reading
        }

        fn is_open(&self, reading: &Reading) -> bool {
            self.readings.find(&reading.name).is_some()
        }
    }

    async fn pass(time: Duration) {
        advance(time).await;
        // What waits for that is awake now, and gets its turn.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_ends_when_nobody_asks_it_any_more() {
        let open = Open::new();
        let reading = open.begin();
        pass(IDLE / 2).await;
        assert!(open.readings.ask(&reading.name).is_some());
        pass(IDLE * 3 / 4).await;
        assert!(open.is_open(&reading), "it was asked since");
        pass(IDLE / 2).await;
        assert!(!open.is_open(&reading));
        assert!(open.readings.ask(&reading.name).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_ends_though_it_is_asked_for_ever() {
        let open = Open::new();
        let reading = open.begin();
        let mut passed = Duration::ZERO;
        while passed < LONGEST {
            assert!(open.readings.ask(&reading.name).is_some(), "after {passed:?}");
            pass(IDLE / 2).await;
            passed += IDLE / 2;
        }
        assert!(!open.is_open(&reading));
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_log_ends_all_readings_and_lets_none_begin() {
        let open = Open::new();
        let (file, reading) = (open.folder.path().join("record"), open.begin());
        assert!(open.readings.may_begin(&file));
        let log = open.folder.path().join("record-wal");
        let log = std::fs::File::options().append(true).create(true).open(log).unwrap();
        log.set_len(LONGEST_LOG + 1).unwrap();
        assert!(!open.readings.may_begin(&file));
        assert!(!open.is_open(&reading));
    }

    #[tokio::test(start_paused = true)]
    async fn one_reading_too_many_ends_the_one_that_was_asked_longest_ago() {
        let open = Open::new();
        let mut readings = Vec::new();
        for _ in 0..MOST {
            readings.push(open.begin());
            pass(Duration::from_millis(1)).await;
        }
        open.readings.ask(&readings[0].name);
        let last = open.begin();
        assert!(open.is_open(&readings[0]) && open.is_open(&last));
        assert!(!open.is_open(&readings[1]));
    }
}
