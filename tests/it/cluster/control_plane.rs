//! A real kube-apiserver on a real etcd: no nodes, and no controllers unless a test
//! asks for them; all of the API that a watch of pods can meet.

use std::env;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::api::Api;
use super::etcd;
use super::lifeline::Lifeline;
use super::ports::free_port;
use super::process::Process;

/// A start takes six seconds on a machine that is idle; compilers may run beside it.
const START_DEADLINE: Duration = Duration::from_mins(2);

const ADMIN_TOKEN: &str = "admin";

/// What a test wants otherwise than by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    /// Such as `WatchList=false`.
    pub(crate) feature_gates: &'static [&'static str],
    /// Further flags of kube-apiserver, such as `--min-request-timeout=5`.
    pub(crate) apiserver_flags: &'static [&'static str],
    /// Whether kube-controller-manager runs. Pods then need the service accounts that it makes, as
    /// they do everywhere.
    pub(crate) has_controllers: bool,
}

/// What etcd held at one moment.
pub(crate) struct EtcdSnapshot(TempDir);

/// A further kube-apiserver on the etcd of a control plane; dropping it stops it.
pub(crate) struct Replica {
    _process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) api: Api,
}

/// A running control plane; dropping it stops it and removes all it wrote.
pub(crate) struct ControlPlane {
    options: Options,
    apiserver_port: u16,
    etcd_port: u16,
    etcd_peer_port: u16,
    apiserver: Option<Process>,
    etcd: Option<Process>,
    controllers: Option<Process>,
    api: Option<Api>,
    kubeconfigs: AtomicUsize,
    // From here on in the order in which they have to go.
    _cleanup: Lifeline,
    folder: TempDir,
}

impl ControlPlane {
    /// Starts a control plane and waits until it serves.
    pub(crate) fn start(options: Options) -> Self {
        let folder = TempDir::with_prefix("kimager-cluster-").expect("a temporary folder");
        let root = folder.path();
        // The pause lets the servers' own lifelines end them first.
        let cleanup = Lifeline::tie([
            "sh".as_ref(),
            "-c".as_ref(),
            r#"sleep 1; exec rm -rf "$0""#.as_ref(),
            root.as_os_str(),
        ]);
        fs::write(root.join("tokens.csv"), format!("{ADMIN_TOKEN},admin,admin,system:masters\n"))
            .expect("the tokens are written");

        let mut plane = Self {
            options,
            apiserver_port: free_port(),
            etcd_port: free_port(),
            etcd_peer_port: free_port(),
            apiserver: None,
            etcd: None,
            controllers: None,
            api: None,
            kubeconfigs: AtomicUsize::new(0),
            _cleanup: cleanup,
            folder,
        };
        plane.start_all();
        plane
    }

    /// The API, as an administrator.
    pub(crate) fn api(&self) -> &Api {
        self.api.as_ref().expect("a control plane that serves")
    }

    /// A new kubeconfig for the holder of a bearer token.
    pub(crate) fn kubeconfig(&self, token: &str) -> PathBuf {
        self.kubeconfig_as(&json!({ "token": token }))
    }

    /// A new kubeconfig for an administrator.
    pub(crate) fn admin_kubeconfig(&self) -> PathBuf {
        self.kubeconfig(ADMIN_TOKEN)
    }

    /// A new kubeconfig for a `user` as kubeconfigs spell one: `{"tokenFile": …}`.
    pub(crate) fn kubeconfig_as(&self, user: &Value) -> PathBuf {
        self.kubeconfig_at(&format!("https://{}", self.address()), user)
    }

    /// Where kube-apiserver listens.
    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.apiserver_port).into()
    }

    /// A new kubeconfig for a server that stands before this one.
    pub(crate) fn kubeconfig_at(&self, server: &str, user: &Value) -> PathBuf {
        let number = self.kubeconfigs.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.path().join(format!("kubeconfig-{number}"));
        // JSON is YAML. The server wrote the certificate of its own authority
        // behind the one that it serves.
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test" } }],
            "clusters": [{ "name": "test", "cluster": {
                "server": server,
                "certificate-authority": self.folder.path().join("certs/apiserver.crt"),
            }}],
            "users": [{ "name": "test", "user": user }],
        });
        fs::write(&path, kubeconfig.to_string()).expect("the kubeconfig is written");
        path
    }

    /// Ends kube-apiserver as a crash does: open watches break off.
    pub(crate) fn stop_apiserver(&mut self) {
        self.api = None;
        self.apiserver = None;
    }

    /// Starts kube-apiserver at its old address and waits until it serves.
    pub(crate) fn start_apiserver(&mut self) {
        self.apiserver = Some(self.spawn("kube-apiserver", self.apiserver_arguments(self.apiserver_port)));
        self.wait_until_ready();
    }

    /// Starts a second kube-apiserver beside the first, and waits until it serves.
    pub(crate) fn start_replica(&self) -> Replica {
        let port = free_port();
        let mut process = self.spawn("kube-apiserver", self.apiserver_arguments(port));
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let kubeconfig = self.kubeconfig_at(&format!("https://{address}"), &json!({ "token": ADMIN_TOKEN }));
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            if let Some(api) = Api::connect(&kubeconfig).ok().filter(Api::is_ready) {
                return Replica { _process: process, address, api };
            }
            let is_late = process.ended().is_some() || Instant::now() > deadline;
            assert!(!is_late, "the replica does not serve\n{}", self.log_tails());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Whether both programs were started, and none was stopped since.
    pub(crate) fn is_whole(&self) -> bool {
        self.api.is_some()
    }

    /// What `stop_apiserver` and `start_apiserver` do. It leaves the server
    /// without a memory of what was before: older versions are expired then.
    pub(crate) fn restart_apiserver(&mut self) {
        self.stop_apiserver();
        self.start_apiserver();
    }

    /// Gives kube-apiserver another certificate, of another authority. The kubeconfigs there are name
    /// the file that holds it.
    pub(crate) fn rotate_certificate(&mut self) {
        self.stop_apiserver();
        fs::remove_dir_all(self.folder.path().join("certs")).expect("the certificates are removed");
        self.start_apiserver();
    }

    /// Stops all programs, kube-apiserver before etcd.
    pub(crate) fn stop_all(&mut self) {
        self.controllers = None;
        self.stop_apiserver();
        self.etcd = None;
    }

    /// Starts etcd and kube-apiserver, and waits until they serve. Controllers begin after that.
    pub(crate) fn start_all(&mut self) {
        self.etcd = Some(self.spawn("etcd", self.etcd_arguments()));
        self.start_apiserver();
        if self.options.has_controllers {
            self.controllers = Some(self.spawn("kube-controller-manager", self.controllers_arguments()));
        }
    }

    /// Keeps what etcd holds. It stands still meanwhile: what it has written is as whole as after a crash.
    pub(crate) fn snapshot_etcd(&self) -> EtcdSnapshot {
        let snapshot = EtcdSnapshot(TempDir::new_in(&self.folder).expect("a folder"));
        let etcd = self.etcd.as_ref().expect("an etcd that runs");
        etcd.signal("STOP");
        copy_folder(&self.etcd_folder(), &snapshot.0.path().join("etcd"));
        etcd.signal("CONT");
        snapshot
    }

    /// Puts etcd back to a snapshot, its versions too. Both programs are
    /// restarted for it.
    pub(crate) fn restore_etcd(&mut self, snapshot: &EtcdSnapshot) {
        self.stop_all();
        fs::remove_dir_all(self.etcd_folder()).expect("the folder of etcd is removed");
        copy_folder(&snapshot.0.path().join("etcd"), &self.etcd_folder());
        self.start_all();
    }

    /// Makes every version so far answer 410 Expired.
    ///
    /// Compaction alone does not: kube-apiserver answers from its own memory of
    /// recent changes, so that has to go as well.
    pub(crate) fn compact(&mut self) {
        self.stop_apiserver();
        etcd::compact(self.etcd_port);
        self.start_apiserver();
    }

    fn etcd_folder(&self) -> PathBuf {
        self.folder.path().join("etcd")
    }

    fn etcd_arguments(&self) -> Vec<String> {
        let client = format!("http://127.0.0.1:{}", self.etcd_port);
        let peer = format!("http://127.0.0.1:{}", self.etcd_peer_port);
        vec![
            "--name=test".into(),
            format!("--data-dir={}", self.etcd_folder().display()),
            // A test outlives no loss of power.
            "--unsafe-no-fsync".into(),
            format!("--listen-client-urls={client}"),
            format!("--advertise-client-urls={client}"),
            format!("--listen-peer-urls={peer}"),
            format!("--initial-advertise-peer-urls={peer}"),
            format!("--initial-cluster=test={peer}"),
            "--log-level=warn".into(),
        ]
    }

    fn apiserver_arguments(&self, port: u16) -> Vec<String> {
        let root = self.folder.path().display();
        let mut arguments = vec![
            format!("--etcd-servers=http://127.0.0.1:{}", self.etcd_port),
            "--bind-address=127.0.0.1".into(),
            "--advertise-address=127.0.0.1".into(),
            format!("--secure-port={port}"),
            "--endpoint-reconciler-type=none".into(),
            "--service-cluster-ip-range=10.0.0.0/24".into(),
            // Written by the server at its first start, and read again later;
            // the key also signs the tokens of service accounts.
            format!("--cert-dir={root}/certs"),
            format!("--service-account-signing-key-file={root}/certs/apiserver.key"),
            format!("--service-account-key-file={root}/certs/apiserver.key"),
            "--service-account-issuer=https://kubernetes.default.svc".into(),
            format!("--token-auth-file={root}/tokens.csv"),
            "--authorization-mode=RBAC".into(),
        ];
        if !self.options.has_controllers {
            // Nobody makes the service account that each pod would need.
            arguments.push("--disable-admission-plugins=ServiceAccount".into());
        }
        if !self.options.feature_gates.is_empty() {
            let gates = self.options.feature_gates.join(",");
            arguments.push(format!("--feature-gates={gates}"));
        }
        arguments.extend(self.options.apiserver_flags.iter().map(ToString::to_string));
        arguments
    }

    fn controllers_arguments(&self) -> Vec<String> {
        let root = self.folder.path().display();
        vec![
            format!("--kubeconfig={}", self.admin_kubeconfig().display()),
            format!("--service-account-private-key-file={root}/certs/apiserver.key"),
            format!("--root-ca-file={root}/certs/apiserver.crt"),
            // It is alone, and nobody asks it anything.
            "--leader-elect=false".into(),
            "--secure-port=0".into(),
            // It would tell without end that the file's first certificate is the server's own.
            "--controllers=*,-kube-apiserver-serving-clustertrustbundle-publisher-controller".into(),
        ]
    }

    fn spawn(&self, program: &str, arguments: Vec<String>) -> Process {
        let log =
            File::options().create(true).append(true).open(self.log(program)).expect("the log is opened");
        Process::start(
            Command::new(assets().join(program))
                .args(arguments)
                .stdout(log.try_clone().expect("the log is opened twice"))
                .stderr(log),
        )
    }

    fn log(&self, program: &str) -> PathBuf {
        self.folder.path().join(format!("{program}.log"))
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + START_DEADLINE;
        let kubeconfig = self.admin_kubeconfig();
        loop {
            // A new client each time: at the first start the certificate that it
            // trusts appears only now, later its old connections are dead.
            self.api = Api::connect(&kubeconfig).ok().filter(Api::is_ready);
            if self.api.is_some() {
                return;
            }
            if let Some((name, status)) = self.ended() {
                panic!("{name} ended while it started: {status}\n{}", self.log_tails());
            }
            assert!(Instant::now() < deadline, "not ready after {START_DEADLINE:?}\n{}", self.log_tails());
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn ended(&mut self) -> Option<(&'static str, ExitStatus)> {
        let programs = [("etcd", &mut self.etcd), ("kube-apiserver", &mut self.apiserver)];
        programs.into_iter().find_map(|(name, process)| Some((name, process.as_mut()?.ended()?)))
    }

    fn log_tails(&self) -> String {
        ["etcd", "kube-apiserver"]
            .map(|program| {
                let log = fs::read(self.log(program)).unwrap_or_default();
                let log = String::from_utf8_lossy(&log);
                let lines: Vec<_> = log.lines().collect();
                let tail = lines[lines.len().saturating_sub(20)..].join("\n");
                format!("--- the last of {program}:\n{tail}\n")
            })
            .concat()
    }
}

fn assets() -> PathBuf {
    env::var_os("KUBEBUILDER_ASSETS")
        .map(PathBuf::from)
        .expect("KUBEBUILDER_ASSETS names the folder that hack/cluster/build prints; `make test` sets it")
}

fn copy_folder(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-R").args([from, to]).status().expect("`cp` starts");
    assert!(status.success(), "cp -R {} {}: {status}", from.display(), to.display());
}
