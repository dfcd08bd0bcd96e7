"""What the night is played with: demonstrations, visitors, the one scraped address, and a real Prometheus."""

import base64
import json
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lint import GRAFANA

START_SECONDS_MAX = 150
RULE_WINDOW = "15s"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def get(url, timeout=10):
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return answer.read()


class Demo:
    """One demonstration on a port of its own."""

    def __init__(self, binary, folder, scenario, speed):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.out = folder / f"{scenario}.out"
        self.err = folder / f"{scenario}.err"
        command = [binary, "demo", "--listen", f"127.0.0.1:{self.port}", "--mllp", "127.0.0.1:0", "--speed", speed,
                   "--scenario", scenario, "--data", str(folder / scenario)]
        self.binary, self.data = binary, folder / scenario
        self.process = subprocess.Popen(command, stdout=self.out.open("w"), stderr=self.err.open("w"))

    def token(self, role):
        return subprocess.run([self.binary, "token", "new", "--role", role, "--label", role, "--data", self.data],
                              check=True, capture_output=True, text=True).stdout.strip()

    def lose_sealed_details(self):
        """The folder is a file now, as after somebody's mistake."""
        (self.data / "sealed").rename(self.data / "sealed-away")
        (self.data / "sealed").write_text("")

    def wait_until_live(self):
        until = time.time() + START_SECONDS_MAX
        while "Live now" not in self.out.read_text():
            if self.process.poll() is not None or time.time() > until:
                raise SystemExit(f"a demonstration did not start:\n{self.err.read_text()}")
            time.sleep(0.2)

    def mllp_port(self):
        return int(re.search(r"mllp://[\d.]+:(\d+)", self.out.read_text()).group(1))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Visitors(threading.Thread):
    """People and programs who use whichever server is watched: pages, data, a stream, wrong addresses."""

    PATHS = ["/", "/services/lri-ed", "/status", "/api/v1/waits", "/api/v1/heat.geojson", "/api/v1/feeds", "/nowhere",
             "/FHIR/R4/metadata"]
    def __init__(self):
        super().__init__(daemon=True)
        self.base = None
        # While set, a hospital's messages arrive there that cannot be read.
        self.spoil = None
        # Who refers then, where the folder of sealed details is gone: 503, so the error budget burns.
        self.token = None
        self.done = threading.Event()

    def run(self):
        while not self.done.is_set():
            base, stream = self.base, None
            try:
                stream = urllib.request.urlopen(f"{base}/api/v1/push/sse?topics=waits,status", timeout=5)
                if self.spoil:
                    self.send_unreadable(self.spoil)
                    for _ in range(4):
                        self.refer()
                for path in self.PATHS + self.PATHS:
                    try:
                        get(base + path)
                    except urllib.error.HTTPError:
                        pass
                    time.sleep(0.05)
            except OSError:
                time.sleep(0.2)
            finally:
                if stream:
                    stream.close()

    def refer(self):
        """A referral to the emergency department, which takes them at every hour."""
        def encoded(value):
            return base64.b64encode(json.dumps(value).encode()).decode()
        ids = "https://fhir.nhs.uk/Id"
        organisation = [{"system": f"{ids}/ods-organization-code", "value": "X26"}]
        headers = {
            "authorization": f"Bearer {self.token}", "content-type": "application/fhir+json",
            "accept": "application/fhir+json; version=1.1.0",
            "x-request-id": str(uuid.uuid4()), "x-correlation-id": str(uuid.uuid4()),
            "nhsd-target-identifier": encoded({"system": f"{ids}/dos-service-id", "value": "2000000001"}),
            "nhsd-end-user-organisation": encoded({"resourceType": "Organization", "name": "X", "identifier": organisation}),
            "nhsd-requesting-software": encoded({"resourceType": "Device", "version": [{"value": "1"}]}),
        }
        body = (GRAFANA.parent / "fixtures/bars/referral-new-111-ed.json").read_bytes()
        try:
            get(urllib.request.Request(f"{self.base}/FHIR/R4/$process-message", data=body, headers=headers))
        except urllib.error.HTTPError as refusal:
            if refusal.code != 503:
                raise SystemExit(f"a referral without its folder was answered {refusal.code}") from None

    def send_unreadable(self, port):
        message = (GRAFANA.parent / "fixtures/hl7/bad-acuity.hl7").read_bytes().strip().replace(b"\n", b"\r")
        with socket.create_connection(("127.0.0.1", port), timeout=5) as one:
            for _ in range(40):
                one.sendall(b"\x0b" + message + b"\r\x1c\r")
                one.recv(4096)


class Watched:
    """The one address that Prometheus scrapes: whichever server is watched now answers there."""

    def __init__(self):
        self.base = None
        watched = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                try:
                    body = get(f"{watched.base}/metrics", timeout=5)
                except OSError:
                    self.send_error(502)
                    return
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # Prometheus waits a second for a scrape and no longer.

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()


class Prometheus:
    """A real one, in a folder of its own, with the shipped rules."""

    def __init__(self, folder, targets):
        self.port, self.targets = free_port(), []
        self.targets_file = folder / "targets.json"
        for name, port in targets:
            self.watch(name, port)
        for kind in ("rules", "alerts"):
            text = (GRAFANA / f"prometheus/{kind}/uec.yml").read_text()
            text = re.sub(r"\[\d+[smhd]\]", f"[{RULE_WINDOW}]", text)
            text = re.sub(r"(?m)^(\s+for:) \S+$", r"\1 1s", text)
            (folder / f"{kind}.yml").write_text(text)
        (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml, alerts.yml]
scrape_configs:
  - job_name: uec-live
    file_sd_configs: [{{files: ["{self.targets_file}"], refresh_interval: 1s}}]
""")
        self.err = folder / "prometheus.err"
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
             f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn"],
            stdout=self.err.open("w"), stderr=subprocess.STDOUT)
        until = time.time() + 30
        while True:
            try:
                get(f"http://127.0.0.1:{self.port}/-/ready")
                return
            except OSError:
                if self.process.poll() is not None or time.time() > until:
                    raise SystemExit(f"Prometheus did not start:\n{self.err.read_text()}") from None
                time.sleep(0.2)

    def watch(self, name, port):
        """From now on, or from the start, scrapes that port too."""
        self.targets.append({"targets": [f"127.0.0.1:{port}"], "labels": {"instance": name}})
        beside = self.targets_file.with_suffix(".new")
        beside.write_text(json.dumps(self.targets))
        beside.rename(self.targets_file)

    def api(self, path, **arguments):
        """The data of an answer; a refusal raises with Prometheus' own words."""
        query = urllib.parse.urlencode(arguments, doseq=True)
        try:
            return json.loads(get(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}"))["data"]
        except urllib.error.HTTPError as refusal:
            raise ValueError(json.loads(refusal.read()).get("error", "refused")) from None

    def is_firing(self, name):
        return bool(self.api("query", query=f'ALERTS{{alertname="{name}",alertstate="firing",instance="night"}}')["result"])

    def stop(self):
        self.process.terminate()
        self.process.wait()
