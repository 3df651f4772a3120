"""The synthetic council as a process of its own, and its control interface."""

import datetime
import json
import subprocess
import time
import tomllib
import urllib.error
import urllib.request

BIND = "127.0.0.1:18490"
GREENTICK = "127.0.0.1:18480"
# Four hours of the shown clock in a second: days pass while people work.
FACTOR = 14_400
START = "2026-09-14"
STAGES = {"1201": "practitioner", "1202": "practice_review", "1203": "supervisor_actions", "1204": "sign_off"}
FAULTS = ("error_500_after_write", "drop_after_write", "truncate", "signin_page", "maintenance_503", "bad_status_record", "windows1252")


class Council:
    """`greentick simulate`, with nobody acting but through the control interface."""

    def __init__(self, binary, work):
        self.binary, self.work = binary, work
        self.state = work / "council"
        self.process = None

    def start(self):
        """Starts it and waits until it answers."""
        with open(self.work / "council.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "simulate", "--bind", BIND, "--state", str(self.state), "--quiet-people", "--factor", str(FACTOR),
                 "--start", START, "--greentick", f"http://{GREENTICK}"], stdout=log, stderr=log)
        for _ in range(200):
            try:
                self.get("/council/steps")
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the council does not answer; see council.log")

    def stop(self):
        """Ends it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)

    def get(self, path):
        """What a control address answers."""
        with urllib.request.urlopen(f"http://{BIND}{path}", timeout=20) as reply:
            return json.loads(reply.read() or b"null")

    def post(self, path, body=None):
        """Asks for a change; (status, answer)."""
        data = json.dumps(body if body is not None else {}).encode()
        request = urllib.request.Request(f"http://{BIND}{path}", data, {"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.loads(refusal.read() or b"null")

    def weather(self, chance):
        """One fault, for the next request or two."""
        self.post("/council/faults", {"name": chance.choice(FAULTS), "count": chance.randint(1, 2)})

    def clear_weather(self):
        """No fault from now on."""
        for name in FAULTS:
            self.post("/council/faults", {"name": name, "count": 0})

    def now(self):
        """What the shown clock says, from the settings that the council wrote for the daemon."""
        clock = tomllib.loads((self.state / "greentick.toml").read_text("utf-8"))["clock"]
        real, shown = (datetime.datetime.fromisoformat(clock[name].replace("Z", "+00:00")) for name in ("real", "shown"))
        return shown + (datetime.datetime.now(datetime.timezone.utc) - real) * clock["factor"]

    def log(self):
        """Every event, oldest first, from the file itself."""
        lines = (self.state / "council.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    def changes(self):
        """How many events there have been."""
        return len(self.log())

    def untold(self):
        """Changes that were not acknowledged yet."""
        log = self.log()
        told = {entry["message"] for entry in log if entry["event"] == "callback_delivered"}
        return sum(1 for entry in log if entry.get("tell") and entry["seq"] not in told)

    def standing(self):
        """{step: (status, version)} of every Learning Episode step."""
        return {str(row["id"]): (row["status"].lower(), str(row["version"]))
                for row in self.get("/council/steps") if str(row["step_type"]) in STAGES}
