"""Kills the daemon at random instants while a council works, and then looks from outside for anything lost, said twice, or let through.

    python3 tests/kill [--kills 50] [--seed N] [--ledger URL] [--greentick target/debug/greentick] [--keep]

Only the council's own log and what the command line hands out (`ledger export`, `mirror list`, `outbox list`) are read; no code
of the daemon is shared. Says line by line what was verified; status 1 if anything failed.
"""

import argparse
import pathlib
import random
import shutil
import sys
import tempfile
import time

from auditor import Auditor
from council import Council
from daemon import Daemon
from people import People

HERE = pathlib.Path(__file__).parent


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="how many times the daemon is killed (50)")
    parser.add_argument("--seed", type=int, default=None, help="repeats the same people and pauses")
    parser.add_argument("--greentick", default=HERE.parents[1] / "target/debug/greentick", help="the program to kill")
    parser.add_argument("--ledger", default=None, help="the URL of an empty ledger; by default a new SQLite file")
    parser.add_argument("--keep", action="store_true", help="leave ledger and logs to look at")
    return parser.parse_args()


def storm(given, council, daemon, chance):
    """Starts and kills the daemon again and again while people go on working."""
    exports = []
    for number in range(given.kills):
        daemon.start()
        time.sleep(chance.uniform(0.15, 1.6))
        if chance.random() < 0.5:
            council.weather(chance)
        daemon.kill()
        if number % 10 == 9:
            exports.append(daemon.export())
        if number % 10 == 0:
            print(f"killed {number + 1} times, {council.changes()} changes so far", flush=True)
    return exports


def calm(council, daemon):
    """Lets the daemon run in peace until nothing is owed and the mirror equals the council; says whether it got there."""
    council.clear_weather()
    daemon.start()
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        time.sleep(0.5)
        if council.untold() == 0 and not daemon.owed() and daemon.mirror() == council.standing():
            return True
    return False


def main():
    """The storm, the calm, the audit."""
    given = arguments()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(1_000_000)
    print(f"seed {seed}: tests/kill --kills {given.kills} --seed {seed}", flush=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="greentick-kill-"))
    chance = random.Random(seed)
    council, daemon = Council(given.greentick, work), Daemon(given.greentick, work, given.ledger)
    try:
        council.start()
        daemon.set_up(council)
        people = People(council, daemon, random.Random(seed + 1))
        people.begin()
        exports = storm(given, council, daemon, chance)
        people.end()
        settled = calm(council, daemon)
        stopped = daemon.stop()
        exports.append(daemon.export())
        auditor = Auditor(council, daemon, people, exports)
        auditor.check("after calm, nothing is owed and the mirror equals the council", settled, daemon.last_words())
        auditor.check("SIGTERM ends the daemon with status 0", stopped == 0, stopped)
        auditor.audit()
        return auditor.close()
    finally:
        daemon.kill()
        council.stop()
        if given.keep:
            print(f"kept: {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
