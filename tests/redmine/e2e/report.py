"""Says what was verified, one line each, and waits for what takes a beat or two."""

import os
import time

PATIENCE_S = float(os.environ.get("PATIENCE_S", "60"))


class Report:
    """Counts what passed and what failed; nothing is raised before the end."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, claim, holds, seen=""):
        """One claim; `seen` is shown when it does not hold."""
        if holds:
            self.passed += 1
            print(f"ok      {claim}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED  {claim}" + (f": saw {str(seen)[:400]}" if seen != "" else ""), flush=True)
        return bool(holds)

    def equal(self, claim, seen, expected):
        """One claim of equality."""
        return self.check(claim, seen == expected, f"{seen!r}, expected {expected!r}")

    def eventually(self, claim, probe, within_s=PATIENCE_S):
        """Asks `probe` for (holds, seen) until it holds or time is up."""
        deadline = time.monotonic() + within_s
        while True:
            holds, seen = probe()
            if holds or time.monotonic() > deadline:
                return self.check(claim, holds, seen)
            time.sleep(0.5)

    def close(self):
        """The closing line, and the exit status."""
        print(f"redmine: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0
