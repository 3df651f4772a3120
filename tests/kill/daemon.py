"""The daemon as a process, and what its command line hands out."""

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

from council import GREENTICK

# In shown seconds: half a second of real time is two hours.
BEATS = {"POLL": 7_200, "TICK": 3_600, "DISPATCH": 1_800, "SWEEP": 28_800, "LEASE": 10_800, "OVERLAP": 3_600}


class Daemon:
    """`greentick run` against the council, with the settings that the council wrote for it."""

    def __init__(self, binary, work, ledger):
        self.binary, self.work = binary, work
        self.ledger = ledger or f"sqlite:{work}/ledger.sqlite3"
        self.config = work / "council" / "greentick.toml"
        self.process = None
        self.environment = dict(os.environ, GREENTICK__WEB__BIND=GREENTICK,
                                GREENTICK__LEDGER__URL=self.ledger,
                                **{f"GREENTICK__BEAT__{name}_SECONDS": str(span) for name, span in BEATS.items()})

    def set_up(self, council):
        """A permit must outlive the moment between asking and pressing, which is long on this clock."""
        policy = self.work / "policy.toml"
        policy.write_text("permit_minutes = 600\noutage_clock = \"run\"\n", "utf-8")
        self.environment["GREENTICK__FILES__POLICY"] = str(policy)
        self.secrets = council.state / "secrets"

    def allocate(self, table):
        """The cycle's allocations, as the QA manager's file."""
        file = self.work / "allocation.csv"
        file.write_text(table, "utf-8")
        status, text = self.verb("allocate", str(file), "--by", "W-QA", "--config", str(self.config))
        if status != 0:
            raise RuntimeError(f"allocate: status {status}: {text}")

    def start(self):
        """Starts `run`; its log is kept whole."""
        with open(self.work / "run.log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "run", "--config", str(self.config)], env=self.environment, stdout=log, stderr=log)

    def kill(self):
        """SIGKILL, with no chance to put anything in order."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """SIGTERM; the exit status, or None if it did not end within fifteen seconds."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def last_words(self):
        """The end of its log."""
        return (self.work / "run.log").read_text("utf-8", "replace")[-1500:]

    def verb(self, *words):
        """Runs a verb on the ledger; (status, output)."""
        ran = subprocess.run([self.binary, *words], env=self.environment, capture_output=True, timeout=60, check=False)
        return ran.returncode, (ran.stdout or ran.stderr).decode("utf-8", "replace")

    def rows(self, *words):
        """What a listing says with --json."""
        status, text = self.verb(*words, "--json", "--ledger", self.ledger)
        if status != 0:
            raise RuntimeError(f"{words}: status {status}: {text}")
        try:
            whole = json.loads(text)
            return whole if isinstance(whole, list) else [whole]
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]

    def mirror(self):
        """{step: (status, version)} as mirrored."""
        return {str(row["step"]): (row["status"], row["version"]) for row in self.rows("mirror", "list")}

    def outbox(self):
        """Everything ever owed."""
        return self.rows("outbox", "list")

    def owed(self):
        """What is not settled yet."""
        return [row for row in self.outbox() if row["state"] not in ("sent", "withdrawn", "dead", "gathered", "daily")]

    def export(self):
        """The journal as lines of text."""
        status, text = self.verb("ledger", "export", "--ledger", self.ledger)
        if status != 0:
            raise RuntimeError(f"ledger export: status {status}: {text}")
        return text.splitlines()

    def decide(self, token, episode, decision):
        """Posts a decision; the HTTP status, 0 if nobody answers."""
        request = urllib.request.Request(
            f"http://{GREENTICK}/api/v1/episodes/{episode}/decisions", json.dumps(decision).encode(),
            {"Authorization": f"Bearer {(self.secrets / token).read_text('utf-8').strip()}", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=5) as reply:
                return reply.status
        except urllib.error.HTTPError as refusal:
            return refusal.code
        except OSError:
            return 0
