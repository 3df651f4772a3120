"""Greentick from outside: its files, its process, its command line and its HTTP face. Nothing of its code."""

import csv
import datetime
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

BEAT_S = 1
LISTEN = "127.0.0.1:18492"
REPOSITORY = pathlib.Path(__file__).parents[3]
QA_MANAGER = "900"

CONFIG = """\
activation = "{activation}"

[ledger]
url = "sqlite:{work}/{name}.sqlite3"

[source]
name = "redmine"
mapping = "{work}/redmine.toml"
base_url = "{url}"
secret_env = "REDMINE_KEY"
child_key_env = "CHILD_KEY"

[source.ids]
reopened = "{reopened}"
noticeboard = "{noticeboard}"

[beat]
poll_seconds = {beat_s}
sweep_seconds = {sweep_s}
tick_seconds = {beat_s}
dispatch_seconds = {beat_s}
lease_seconds = 1

[finish]
mode = "{mode}"

[web]
bind = "{listen}"

[files]
policy = "policy.toml"
people = "people.toml"

[log]
format = "json"
level = "debug"
"""

POLICY = """\
[sampling]
sample_size = 3
minimum_per_service = 1
debt_cycles = 3
reserves = 1
double_moderated_percent = 20
double_moderated_minimum = 1
"""

PEOPLE = """\
[[holders]]
worker = "{qa}"
role = "qa_manager"

[[holders]]
worker = "{head}"
role = "head_of_service"
"""

ALLOCATION = ("cycle", "le_id", "child", "practitioner", "reviewer", "supervisor", "service_manager", "service",
              "allocated_on", "due_on")


class Greentick:
    """One configured daemon and the verbs beside it."""

    def __init__(self, binary, work, facts, activation):
        self.binary = binary
        self.work = pathlib.Path(work)
        self.environment = dict(os.environ, REDMINE_KEY=facts["REDMINE_KEY"], CHILD_KEY="a-key-for-the-trial-alone")
        self.process = None
        # Small pages, so that a list of sixty steps is read in several.
        mapping = (REPOSITORY / "mappings/redmine.toml").read_text("utf-8")
        (self.work / "redmine.toml").write_text(mapping.replace("page_size = 100", "page_size = 15"), "utf-8")
        (self.work / "policy.toml").write_text(POLICY, "utf-8")
        people = PEOPLE.format(qa=QA_MANAGER, head=facts["REDMINE_HEAD"])
        (self.work / "people.toml").write_text(people, "utf-8")
        statuses = dict(pair.rsplit(":", 1) for pair in facts["REDMINE_STATUS_IDS"].split(","))
        self.common = {
            "activation": activation.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "work": self.work,
            "listen": LISTEN, "beat_s": BEAT_S, "url": facts["REDMINE_URL"], "reopened": statuses["Reopened"],
            "noticeboard": facts["REDMINE_NOTICEBOARD"]}
        self.config = self.configure("greentick", mode="reverse", sweep_s=5)

    def configure(self, name, **settings):
        """Writes a settings file with a ledger of its own."""
        config = self.work / f"{name}.toml"
        config.write_text(CONFIG.format(name=name, **self.common, **settings), "utf-8")
        config.chmod(0o600)
        return config

    def start(self):
        """Starts `run`; its output is kept whole."""
        with open(self.work / "run.log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "run", "--config", str(self.config)],
                                            env=self.environment, stdout=log, stderr=log)

    def running(self):
        """Whether the process still lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL, with no chance to put anything in order."""
        if self.running():
            self.process.kill()
            self.process.wait()

    def stop(self, within_s=15):
        """SIGTERM; the exit status, or None if it had to be killed or was not there to be stopped."""
        if not self.running():
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def verb(self, *words, config=None):
        """Runs a verb with the settings; (exit status, output)."""
        return self.bare(*words, "--config", str(config or self.config))

    def bare(self, *words):
        """Runs a verb that needs no settings; (exit status, output)."""
        ran = subprocess.run([self.binary, *words], env=self.environment, capture_output=True, timeout=120, check=False)
        return ran.returncode, ran.stdout.decode("utf-8") + ran.stderr.decode("utf-8")

    def rows(self, *words, config=None):
        """Runs a verb with --json; what it printed."""
        status, text = self.verb(*words, "--json", config=config)
        if status != 0:
            raise RuntimeError(f"`{' '.join(words)}` ended with {status}: {text[:300]}")
        return json.loads(text)

    def mirror(self, config=None):
        """What is mirrored: {step id: row}."""
        return {row["step"]: row for row in self.rows("mirror", "list", config=config)}

    def outbox(self, **wanted):
        """What is or was owed, as far as its columns are as wanted."""
        return [row for row in self.rows("outbox", "list")
                if all(row[column] == value for column, value in wanted.items())]

    def decide(self, episode, by, decision):
        """Records a person's decision; (exit status, output)."""
        return self.verb("decide", episode, "--json", json.dumps(decision), "--by", by)

    def allocate(self, rows, config=None):
        """Registers allocations, and begins the ledger if there is none; (exit status, output)."""
        file = self.work / "allocation.csv"
        with open(file, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, ALLOCATION)
            writer.writeheader()
            writer.writerows(rows)
        return self.verb("allocate", str(file), "--by", QA_MANAGER, config=config)

    def answers(self, path):
        """The status of a GET on our own face; 0 if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{LISTEN}{path}", timeout=5) as reply:
                return reply.status
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0

    def beats(self, count):
        """Lets some beats pass."""
        time.sleep(count * BEAT_S)

    def leaks(self, canary):
        """Files of ours in which a canary can be found."""
        return [str(path.name) for path in sorted(self.work.rglob("*"))
                if path.is_file() and canary.encode() in path.read_bytes()]
