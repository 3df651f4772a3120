"""Greentick from outside: its process, its command line and its HTTP face. Nothing of its code."""

import datetime
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

BEAT_S = 1
LISTEN = "127.0.0.1:18492"
REPOSITORY = pathlib.Path(__file__).parents[3]

CONFIG = """\
mode = "reverse"
activation = "{activation}"

[ledger]
url = "sqlite://{work}/ledger.sqlite3"

[web]
listen = "{listen}"

[beat]
poll_s = {beat_s}
tick_s = {beat_s}
dispatch_s = {beat_s}

[case_system]
name = "redmine"
base_url = "{url}"
mapping = "{repository}/mappings/redmine.toml"
secret_env = "REDMINE_KEY"
page_limit = 20
"""


class Greentick:
    """One configured daemon and the verbs beside it."""

    def __init__(self, binary, work, facts, activation):
        self.binary = binary
        self.work = pathlib.Path(work)
        self.config = self.work / "greentick.toml"
        self.environment = dict(os.environ, REDMINE_KEY=facts["REDMINE_KEY"])
        self.process = None
        self.config.write_text(CONFIG.format(
            activation=activation.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), work=self.work,
            listen=LISTEN, beat_s=BEAT_S, url=facts["REDMINE_URL"], repository=REPOSITORY), "utf-8")
        self.config.chmod(0o600)

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

    def verb(self, *words):
        """Runs a verb; (exit status, output)."""
        ran = subprocess.run([self.binary, *words, "--config", str(self.config)], env=self.environment,
                             capture_output=True, timeout=120, check=False)
        return ran.returncode, ran.stdout.decode("utf-8") or ran.stderr.decode("utf-8")

    def rows(self, *words):
        """Runs a verb with --json; its rows, whether it printed an array or JSON lines."""
        status, text = self.verb(*words, "--json")
        if status != 0:
            return []
        try:
            whole = json.loads(text)
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return whole if isinstance(whole, list) else whole.get("steps") or whole.get("rows") or [whole]

    def mirror(self):
        """What is mirrored: {step id: row}."""
        return {str(row.get("id", row.get("step"))): row for row in self.rows("mirror", "list")}

    def answers(self, path):
        """The status of a GET on our own face; 0 if nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{LISTEN}{path}", timeout=5) as reply:
                return reply.status
        except OSError as trouble:
            return getattr(trouble, "code", 0)

    def beats(self, count):
        """Lets some beats pass."""
        time.sleep(count * BEAT_S)

    def leaks(self, canary):
        """Files of ours in which a canary can be found."""
        return [str(path.name) for path in sorted(self.work.rglob("*"))
                if path.is_file() and canary.encode() in path.read_bytes()]
