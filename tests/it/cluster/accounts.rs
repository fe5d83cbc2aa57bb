//! Users with the rights that a test gives them: service accounts, their roles
//! and tokens.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::api::{Api, Call};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// The server learns of a role by a watch of its own, soon but not at once.
const RIGHTS_DEADLINE: Duration = Duration::from_secs(30);

/// Where a right holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach<'a> {
    /// In all namespaces.
    Cluster,
    /// In this one.
    Namespace(&'a str),
}

impl Reach<'_> {
    fn prefix(self) -> String {
        match self {
            Self::Cluster => RBAC.to_owned(),
            Self::Namespace(namespace) => format!("{RBAC}/namespaces/{namespace}"),
        }
    }

    fn kind(self, rest: &str) -> String {
        match self {
            Self::Cluster => format!("Cluster{rest}"),
            Self::Namespace(_) => rest.to_owned(),
        }
    }

    fn collection(self, rest: &str) -> String {
        format!("{}/{}s", self.prefix(), self.kind(rest).to_lowercase())
    }

    fn attributes(self, verb: &str) -> Value {
        match self {
            Self::Cluster => json!({ "verb": verb, "resource": "pods" }),
            Self::Namespace(namespace) => {
                json!({ "verb": verb, "resource": "pods", "namespace": namespace })
            }
        }
    }
}

/// A service account, without rights at first.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    namespace: String,
    name: String,
}

impl Api {
    /// Creates a service account.
    #[track_caller]
    pub(crate) fn create_account(&self, namespace: &str, name: &str) -> Account {
        let object = json!({ "metadata": { "name": name } });
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        self.call(&Call::create(path, object));
        Account { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// Makes the account anew, with the rights it had: its tokens so far are good for nothing.
    #[track_caller]
    pub(crate) fn renew_account(&self, account: &Account) {
        let Account { namespace, name } = account;
        self.call(&Call::delete(format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}")));
        self.create_account(namespace, name);
    }

    /// A bearer token of the account, good for an hour.
    #[track_caller]
    pub(crate) fn token(&self, account: &Account) -> String {
        let Account { namespace, name } = account;
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let answer = self.call(&Call::create(path, json!({ "spec": {} })));
        answer["status"]["token"].as_str().expect("the server answers with a token").to_owned()
    }

    /// Lets the account do `verbs` with pods, and waits until it may.
    #[track_caller]
    pub(crate) fn grant(&self, account: &Account, reach: Reach, verbs: &[&str]) {
        let name = account.role();
        let role = json!({
            "metadata": { "name": name },
            "rules": [{ "apiGroups": [""], "resources": ["pods"], "verbs": verbs }],
        });
        let binding = json!({
            "metadata": { "name": name },
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": reach.kind("Role"),
                "name": name,
            },
            "subjects": [{
                "kind": "ServiceAccount",
                "namespace": account.namespace,
                "name": account.name,
            }],
        });
        self.call(&Call::create(reach.collection("Role"), role));
        self.call(&Call::create(reach.collection("RoleBinding"), binding));
        for verb in verbs {
            self.wait_for_right(account, reach, verb, true);
        }
    }

    /// Takes back what `grant` gave, and waits until it is gone.
    #[track_caller]
    pub(crate) fn revoke(&self, account: &Account, reach: Reach) {
        for kind in ["RoleBinding", "Role"] {
            let path = format!("{}/{}", reach.collection(kind), account.role());
            self.call(&Call::delete(path));
        }
        for verb in ["get", "list", "watch"] {
            self.wait_for_right(account, reach, verb, false);
        }
    }

    #[track_caller]
    fn wait_for_right(&self, account: &Account, reach: Reach, verb: &str, wanted: bool) {
        let review = Call::create(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            json!({ "spec": {
                "user": format!("system:serviceaccount:{}:{}", account.namespace, account.name),
                "resourceAttributes": reach.attributes(verb),
            }}),
        );
        let deadline = Instant::now() + RIGHTS_DEADLINE;
        while self.call(&review)["status"]["allowed"] != wanted {
            assert!(
                Instant::now() < deadline,
                "{account:?} may {verb} pods: still not {wanted} after {RIGHTS_DEADLINE:?}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Account {
    /// One that somebody else makes.
    pub(crate) fn named(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }

    /// The name of its role and binding, apart from those of other tests.
    fn role(&self) -> String {
        format!("{}-{}", self.namespace, self.name)
    }
}
