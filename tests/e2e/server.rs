//! Starts the built binary on free ports and stops it with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

/// How long a start may take in a debug build on a busy machine.
const START: Duration = Duration::from_mins(2);

pub fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_uec-live"))
}

/// A token of a role, named by it.
pub fn token(data: &Path, role: &str) -> String {
    let data = data.to_str().unwrap();
    let args = [
        "token", "new", "--role", role, "--label", role, "--data", data,
    ];
    let out = binary().args(args).output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

/// Runs a server until standard input ends, which it does when this process does, however it ends; then nothing is
/// left, not even its folder.
const WITH_US: &str = r#""$@" & cat >/dev/null; kill -9 $!; wait; rm -rf "$FOLDER""#;

/// An open server that many tests ask and none changes.
static OPEN: LazyLock<Server> = LazyLock::new(|| Server::serve_with_us(&["--open"]));

/// The same without open access.
static CLOSED: LazyLock<Server> = LazyLock::new(|| Server::serve_with_us(&[]));

pub struct Server {
    /// `None` where the server is another's.
    child: Option<Child>,
    /// Of a server that goes on until this process ends.
    folder: Option<PathBuf>,
    pub http: String,
    pub mllp: String,
    client: reqwest::Client,
}

impl Server {
    /// `uec-live serve` on free ports.
    pub fn serve(data: &Path, more: &[&str]) -> Self {
        let data = data.to_str().unwrap();
        let mut command = binary();
        command.args(["serve", "--data", data]).args(more);
        Self::start(command, "HL7 v2")
    }

    /// For a test that only reads, of a server with open access: starting one takes longer than most tests do.
    pub fn open_to_read() -> Self {
        OPEN.for_another()
    }

    /// For a test that only reads, of a server that asks for tokens.
    pub fn closed_to_read() -> Self {
        CLOSED.for_another()
    }

    /// `uec-live serve` until this process ends.
    pub fn serve_with_us(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut command = Command::new("sh");
        command
            .args(["-c", WITH_US, "sh", env!("CARGO_BIN_EXE_uec-live")])
            .args(["serve", "--data"])
            .arg(&folder)
            .args(more)
            .env("FOLDER", &folder)
            .stdin(Stdio::piped());
        let mut server = Self::start(command, "HL7 v2");
        server.folder = Some(folder);
        server
    }

    /// The same server with a client of its own: the connections of one end with the test that made them.
    pub fn for_another(&self) -> Self {
        Self {
            child: None,
            folder: self.folder.clone(),
            http: self.http.clone(),
            mllp: self.mllp.clone(),
            client: reqwest::Client::new(),
        }
    }

    /// A token of a role at a server that is shared.
    pub fn token(&self, role: &str) -> String {
        token(self.folder.as_ref().unwrap(), role)
    }

    /// `uec-live serve` whose files may not grow beyond so many KiB until [`Server::unlimit`]. Standard error
    /// is such a file, and has grown so far already.
    pub fn serve_limited(data: &Path, kib: u32) -> Self {
        let mut command = Command::new("bash");
        let err = data.join("stderr").display().to_string();
        let script = format!(
            "trap '' XFSZ; head -c {kib}k /dev/zero >{err}; ulimit -Sf {kib}; exec \"$0\" \"$@\" 2>>{err}"
        );
        command.args([
            "-c",
            &script,
            env!("CARGO_BIN_EXE_uec-live"),
            "serve",
            "--open",
            "--data",
        ]);
        command.arg(data);
        Self::start(command, "HL7 v2")
    }

    /// Lifts the limit of [`Server::serve_limited`].
    pub fn unlimit(&self) {
        let pid = self.own().id().to_string();
        let lifted = Command::new("prlimit")
            .args(["--pid", &pid, "--fsize=unlimited"])
            .status();
        assert!(lifted.unwrap().success());
    }

    /// Gives a service one place in every quarter of an hour, day and night. For a server with open access.
    pub async fn offer_slots(&self, service: &str) {
        let rule = json!({"periods": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "until": "24:00",
                                       "places": 1, "kind": "in person"}]});
        let path = format!("/api/v1/services/{service}/slots/rule");
        let (status, text) = self.send_as("PUT", &path, "Bearer anybody", &rule).await;
        assert_eq!(status, 200, "{text}");
    }

    /// Posts a body as it is; the status and the answer.
    pub async fn send(&self, path: &str, kind: &str, body: String) -> (u16, String) {
        let request = self.client.post(format!("{}{path}", self.http));
        let answer = request
            .header("content-type", kind)
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends JSON by any method with an `Authorization`; the status and the answer.
    pub async fn send_as(
        &self,
        method: &str,
        path: &str,
        who: &str,
        body: &Value,
    ) -> (u16, String) {
        let method = method.parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.http));
        let request = request
            .header("authorization", who)
            .header("content-type", "application/json");
        let answer = request.body(body.to_string()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Posts a form and gives the cookie that comes back with the way onward.
    pub async fn cookie_of(&self, path: &str, kind: &str, body: String) -> String {
        let stay = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let request = stay.post(format!("{}{path}", self.http));
        let answer = request.header("content-type", kind).body(body).send();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 303);
        answer.headers()["set-cookie"].to_str().unwrap().to_owned()
    }

    /// `uec-live serve` on a port that was free a moment ago.
    pub fn serve_on(data: &Path, port: &str) -> Self {
        let mut command = binary();
        command.args(["serve", "--data", data.to_str().unwrap()]);
        Self::start_on(command, "HL7 v2", &format!("127.0.0.1:{port}"))
    }

    /// `uec-live demo` on free ports, once the past is played in.
    pub fn demo(data: &Path, more: &[&str]) -> Self {
        let data = data.to_str().unwrap();
        let mut command = binary();
        command.args(["demo", "--data", data]).args(more);
        Self::start(command, "Live now")
    }

    /// Starts it and reads its output until a line says it is ready.
    fn start(command: Command, ready: &str) -> Self {
        Self::start_on(command, ready, "127.0.0.1:0")
    }

    fn start_on(mut command: Command, ready: &str, listen: &str) -> Self {
        let mut child = command
            .args(["--listen", listen, "--mllp", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (lines, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                // Nobody listens once the server is ready.
                let _ready = lines.send(line);
            }
        });
        let (mut http, mut mllp) = (String::new(), String::new());
        loop {
            let line = heard.recv_timeout(START).expect("the server did not start");
            if let Some((_, rest)) = line.split_once("page     ") {
                rest.trim_end_matches('/').clone_into(&mut http);
            }
            if let Some((_, rest)) = line.split_once("mllp://") {
                rest.clone_into(&mut mllp);
            }
            if line.contains(ready) {
                break;
            }
        }
        rustls::crypto::aws_lc_rs::default_provider()
            .install_default()
            .ok();
        Self {
            child: Some(child),
            folder: None,
            http,
            mllp,
            client: reqwest::Client::new(),
        }
    }

    fn own(&self) -> &Child {
        self.child.as_ref().expect("another's server")
    }

    /// A GET that can be given headers.
    pub fn request(&self, path: &str) -> reqwest::RequestBuilder {
        self.client.get(format!("{}{path}", self.http))
    }

    /// A request of any method, with a JSON body if there is one.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::RequestBuilder {
        let method = method.to_uppercase().parse().unwrap();
        let request = self.client.request(method, format!("{}{path}", self.http));
        match body {
            None => request,
            Some(body) => request
                .header("content-type", "application/json")
                .body(body.to_string()),
        }
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let answer = self
            .client
            .get(format!("{}{path}", self.http))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub async fn json(&self, path: &str) -> Value {
        let (status, text) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Posts NDJSON lines; the error is the connection's.
    pub async fn post(&self, lines: &str) -> reqwest::Result<Value> {
        let answer = self
            .client
            .post(format!("{}/api/v1/events", self.http))
            .header("content-type", "application/x-ndjson")
            .body(lines.to_owned())
            .send()
            .await?;
        let text = answer.text().await?;
        Ok(serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}")))
    }

    /// SIGKILL: no goodbye, no flush.
    pub fn kill(&mut self) {
        let child = self.child.as_mut().expect("another's server");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let pid = self.own().id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        self.child.as_mut().unwrap().wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Already ended is fine.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// RFC 3339, now: tests stand where a feed stands.
#[expect(clippy::disallowed_methods, reason = "a feed has a clock of its own")]
pub fn now() -> String {
    jiff::Timestamp::now().to_string()
}
