//! Servers started for one measurement on free ports of this machine, and ended with it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::peer::Kind;

/// How long a server may take to start.
const START: Duration = Duration::from_secs(20);
/// Pause between two looks whether it has.
const LOOK: Duration = Duration::from_millis(50);
/// Sockets that nginx may hold.
const NGINX_SOCKETS: u32 = 18_000;

/// A server that runs.
pub struct Launched {
    child: Child,
    /// Where viewers connect.
    pub address: SocketAddr,
    /// Where the bound takes updates.
    pub control: Option<SocketAddr>,
}

impl Launched {
    /// Starts a server; on one core of the machine if one is named.
    pub fn start(
        kind: Kind,
        product: &Path,
        folder: &Path,
        core: Option<u32>,
    ) -> anyhow::Result<Self> {
        Self::start_at(kind, product, folder, core, free()?)
    }

    /// Starts a server at an address.
    pub fn start_at(
        kind: Kind,
        product: &Path,
        folder: &Path,
        core: Option<u32>,
        address: SocketAddr,
    ) -> anyhow::Result<Self> {
        let (mut command, control) = match kind {
            Kind::Product => (serve(product, folder, address, core), None),
            Kind::Bound => {
                let control = free()?;
                let this = std::env::current_exe()?;
                let mut command = on_core(&this.to_string_lossy(), core);
                let (listen, at) = (address.to_string(), control.to_string());
                command.args(["bound", "--listen", &listen, "--control", &at]);
                (command, Some(control))
            }
            Kind::Nchan => {
                let settings = folder.join("nginx.conf");
                std::fs::write(&settings, nginx_settings(folder, address))?;
                let mut command = on_core("nginx", core);
                command.arg("-c").arg(settings);
                (command, None)
            }
        };
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("cannot start {command:?}"))?;
        if kind == Kind::Product {
            wait_for_words(&mut child)?;
        } else {
            // The control connection may be opened once only, so that is not tried.
            wait_for_port(address)?;
        }
        Ok(Self {
            child,
            address,
            control,
        })
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").arg(self.pid().to_string()).status()?;
        ensure!(asked.success(), "cannot stop the server");
        let status = self.child.wait()?;
        ensure!(status.success(), "the server failed: {status}");
        Ok(())
    }

    /// Kills it in the middle of whatever it does.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        // nginx ends its workers when it is asked to.
        let _asked = Command::new("kill")
            .arg(self.pid().to_string())
            .stderr(Stdio::null())
            .status();
        let _reaped = self.child.wait();
    }
}

fn free() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn on_core(program: &str, core: Option<u32>) -> Command {
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string(), program]);
            command
        }
        None => Command::new(program),
    }
}

fn serve(product: &Path, folder: &Path, address: SocketAddr, core: Option<u32>) -> Command {
    let mut command = on_core(&product.to_string_lossy(), core);
    command.args(["serve", "--open", "--mllp", "127.0.0.1:0", "--listen"]);
    command
        .arg(address.to_string())
        .arg("--data")
        .arg(folder.join("data"));
    command.env("RUST_LOG", "warn");
    command
}

fn wait_for_words(child: &mut Child) -> anyhow::Result<()> {
    let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
    let ready = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("HL7 v2")));
    ready.context("the server did not start")??;
    // Whatever else it says is read, so that it can say it.
    std::thread::spawn(move || lines.for_each(drop));
    Ok(())
}

fn wait_for_port(address: SocketAddr) -> anyhow::Result<()> {
    for _ in 0..START.as_millis() / LOOK.as_millis() {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    anyhow::bail!("nothing listens on {address}")
}

fn nginx_settings(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;
daemon off; worker_processes 1; worker_rlimit_nofile {NGINX_SOCKETS};
pid {folder}/nginx.pid; error_log {folder}/nginx.log warn;
events {{ worker_connections {NGINX_SOCKETS}; }}
http {{
  access_log off; keepalive_requests 100000000; nchan_shared_memory_size 256M;
  server {{
    listen {address};
    location = /sub {{
      nchan_subscriber websocket; nchan_channel_id updates; nchan_subscriber_first_message newest;
    }}
    location = /pub {{ nchan_publisher; nchan_channel_id updates; nchan_message_buffer_length 64; }}
  }}
}}
"
    )
}
