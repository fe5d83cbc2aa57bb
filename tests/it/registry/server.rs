//! The distribution registry on loopback, and a shell to work on it.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::cluster::lifeline::Lifeline;
use crate::cluster::ports::free_port;
use crate::cluster::process::Process;
use crate::repository::assets;

const START_DEADLINE: Duration = Duration::from_mins(1);

/// A running registry that allows to delete; dropping it stops it and removes all it wrote.
pub(super) struct Registry {
    port: u16,
    process: Option<Process>,
    // From here on in the order in which they have to go.
    _cleanup: Lifeline,
    folder: TempDir,
}

impl Registry {
    /// Starts an empty one and waits until it serves.
    pub(super) fn start() -> Self {
        let folder = TempDir::with_prefix("kimager-registry-").expect("a temporary folder");
        let cleanup = Lifeline::tie([
            "sh".as_ref(),
            "-c".as_ref(),
            r#"sleep 1; exec rm -rf "$0""#.as_ref(),
            folder.path().as_os_str(),
        ]);
        let mut registry = Self { port: free_port(), process: None, _cleanup: cleanup, folder };
        let storage = registry.path("storage");
        let config = format!(
            "version: 0.1\nlog: {{ level: warn }}\nhttp: {{ addr: '{}' }}\n\
             storage: {{ filesystem: {{ rootdirectory: '{}' }}, delete: {{ enabled: true }} }}\n",
            registry.name(),
            storage.display(),
        );
        fs::write(registry.config(), config).expect("the configuration is written");
        registry.start_again();
        registry.done(&format!("regctl registry set {} --tls disabled", registry.name()));
        registry
    }

    /// What it is called in references.
    pub(super) fn name(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The folder in which the shell works.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn config(&self) -> PathBuf {
        self.path("config.yml")
    }

    /// Stops it; nothing that it stored is lost.
    pub(super) fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it at its old address and waits until it serves.
    pub(super) fn start_again(&mut self) {
        let log = File::create(self.path("registry.log")).expect("the log is opened");
        let mut command = self.command("registry");
        command.arg("serve").arg(self.config());
        command.stdout(log.try_clone().expect("the log is opened twice")).stderr(log);
        let mut process = Process::start(&mut command);
        let deadline = Instant::now() + START_DEADLINE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = process.ended();
            let is_hopeless = ended.is_some() || Instant::now() >= deadline;
            let log = || fs::read_to_string(self.path("registry.log")).unwrap_or_default();
            assert!(!is_hopeless, "the registry does not serve ({ended:?}):\n{}", log());
            thread::sleep(Duration::from_millis(20));
        }
        self.process = Some(process);
    }

    /// Runs a script for bash in the folder, with kimager, regctl and registry in PATH.
    pub(super) fn shell(&self, script: &str) -> Output {
        self.command("bash").args(["-c", script]).output().expect("`bash` runs")
    }

    /// What a script printed that has to succeed.
    #[track_caller]
    pub(super) fn done(&self, script: &str) -> String {
        let output = self.shell(script);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{}: {said}", output.status);
        String::from_utf8(output.stdout).expect("an answer in UTF-8").trim_end().to_owned()
    }

    fn command(&self, program: &str) -> Command {
        let ours = Path::new(env!("CARGO_BIN_EXE_kimager")).parent().expect("a program in a folder");
        let others = env::var_os("PATH").unwrap_or_default();
        let built = assets("KIMAGER_REGISTRY_ASSETS", "hack/registry/build");
        let path = [built, ours.to_owned()].into_iter().chain(env::split_paths(&others));
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", env::join_paths(path).expect("folders without a colon"))
            .env("HOME", self.folder())
            // The registry sends traces to somewhere by default.
            .env("OTEL_TRACES_EXPORTER", "none")
            .current_dir(self.folder())
            .stdin(Stdio::null());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }
}
