"""The run: one section for each promise. `python3 tests/redmine/e2e FACTS WORK`, as e2e.sh calls it."""

import datetime
import os
import sys
import threading
import time

import workdays
from greentick import Greentick
from redmine import Redmine, pairs, read_facts
from report import PATIENCE_S, Report

STATUS = {"Incoming": "incoming", "In progress": "started", "Completed": "completed", "Reopened": "reopened", "Cancelled": "cancelled"}
KILLS = 6
SEED = "58213 90467 12298 40731"
CYCLE = "2026-Autumn"


class Run:
    """Everything the sections share."""

    def __init__(self, facts_path, work):
        self.facts = read_facts(facts_path)
        self.report = Report()
        self.adapter = Redmine(self.facts)
        self.reviewer = Redmine(self.facts, "REDMINE_KEY_REVIEWER")
        self.admin = Redmine(self.facts, "REDMINE_KEY_ADMIN")
        self.id = pairs(self.facts["REDMINE_SITUATIONS"])
        seeded = datetime.datetime.fromisoformat(self.facts["REDMINE_SEED_NOW"].replace("Z", "+00:00"))
        # Late enough that the cycle's finished steps are history, early enough that its overdue ones are not.
        first_day = workdays.add(seeded.astimezone(workdays.LONDON).date(), -8)
        self.activation = datetime.datetime.combine(first_day, datetime.time(0), workdays.LONDON)
        self.greentick = Greentick(os.environ["GREENTICK"], work, self.facts, self.activation)

    def overdue(self, steps):
        """Ids of the steps that must be flagged by now, by dates alone."""
        return {step.id for step in steps.values() if step.status not in ("Completed", "Cancelled") and step.due
                and self.activation <= workdays.told_at(step.due, 1) <= workdays.now()}

    def completes(self, name):
        """A person presses Finish, past every rule."""
        self.reviewer.move(self.id[name], "Completed")
        return self.id[name]


def killed_while_speaking(run):
    """SIGKILL, again and again, while the first notes and flags go out."""
    for round_number in range(KILLS):
        run.greentick.start()
        time.sleep(1.5 + 0.35 * round_number)
        run.greentick.kill()
    run.greentick.start()
    run.report.eventually("ready after being killed %d times" % KILLS, lambda: ((seen := run.greentick.answers("/readyz")) == 200, seen))


def mirrored(run):
    """Every readable step, with its status, and nothing else."""
    def same():
        held = {key: row.get("status") for key, row in run.greentick.mirror().items()}
        there = {key: STATUS[step.status] for key, step in run.adapter.steps().items()}
        return held == there, sorted(set(held.items()) ^ set(there.items()))
    run.report.eventually("every readable step is mirrored with its status", same)
    held = run.greentick.mirror()
    run.report.check("the private step is absent", run.facts["REDMINE_PRIVATE_STEP"] not in held)
    run.report.check("no step of another project is there", not {"61", "62", "63"} & set(held))
    run.report.equal("still ready: what may not be seen is no error", run.greentick.answers("/readyz"), 200)


def chased(run):
    """Late steps are flagged and noted once; nobody else is."""
    expected = run.overdue(run.adapter.steps())
    run.report.check("the stand has overdue steps to chase", len(expected) >= 2, expected)
    def flagged():
        seen = {key for key, step in run.adapter.steps().items() if "Overdue" in step.flags}
        return seen == expected, f"{sorted(seen)}, expected {sorted(expected)}"
    run.report.eventually("the overdue steps, and no others, carry the flag Overdue", flagged)
    run.greentick.beats(3)
    for key in sorted(expected):
        run.report.equal(f"step {key} was told once that it is overdue", len(run.adapter.step(key).notes_naming("LE-03.1")), 1)
    said_twice(run, "after the kills")
    run.report.equal("nothing was said on the private step", run.admin.step(run.facts["REDMINE_PRIVATE_STEP"]).journals, [])
    history = [run.id[name] for name in run.id if name.startswith("history-")] + [run.id["passed-unmoderated"]]
    run.report.equal("nothing was said of what happened before activation", [key for key in history if run.adapter.step(key).our_notes], [])


def said_twice(run, when):
    """No mark stands on two notes, anywhere."""
    marks = [mark for step in run.adapter.steps().values() for mark in step.marks]
    run.report.equal(f"nothing was said twice, {when}", sorted(mark for mark in set(marks) if marks.count(mark) > 1), [])


def reversed_with_reason(run):
    """A Finish without moderation is undone and explained; a good one is left alone."""
    good, bad, thin = run.completes("ready"), run.completes("outstanding-unmoderated"), run.completes("no-feedback")
    for key, rule in ((bad, "LE-27.1"), (thin, "LE-24.1")):
        run.report.eventually(f"step {key} is open again", lambda key=key: ((seen := run.adapter.step(key).status) == "Reopened", seen))
        run.report.eventually(f"step {key} says why: {rule}", lambda key=key, rule=rule: (len(seen := run.adapter.step(key).notes_naming(rule)) == 1, seen))
    run.greentick.beats(4)
    run.report.equal("the step with everything in place stays completed", run.adapter.step(good).status, "Completed")
    run.report.equal("nobody else moved it", run.adapter.step(good).moves, 1)
    run.report.equal("the reopened step was moved once by a person and once by Greentick", run.adapter.step(bad).moves, 2)
    run.completes("outstanding-unmoderated")
    run.report.eventually("finished again without moderation, it is opened again",
                          lambda: ((seen := run.adapter.step(bad)).status == "Reopened" and seen.moves == 4, (seen.status, seen.moves)))
    said_twice(run, "after two reversals")


def refused_is_reported(run):
    """A move that Redmine answers with 204 and does not make ends as a failure that somebody can see."""
    run.report.equal("the administrator takes reopening away from the adapter", run.admin.give_adapter_role("curbed"), 204)
    key = run.completes("inadequate-requested")
    def failed():
        rows = [row for row in run.greentick.rows("outbox", "list") if str(row.get("step")) == key and row.get("status") in ("dead", "failed", "refused")]
        return bool(rows), rows
    run.report.eventually("the refused reopening stands in the outbox as failed", failed, within_s=2 * PATIENCE_S)
    run.report.equal("and was not made", run.adapter.step(key).status, "Completed")
    said_twice(run, "after a refusal")
    run.report.equal("the administrator gives it back", run.admin.give_adapter_role("adapter"), 204)
    run.report.equal("outbox retry is accepted", run.greentick.verb("outbox", "retry")[0], 0)
    run.report.eventually("the step is open again", lambda: ((seen := run.adapter.step(key).status) == "Reopened", seen))
    run.report.eventually("and says why, once", lambda: (len(seen := run.adapter.step(key).notes_naming("LE-27.1")) == 1, seen))


def nothing_lost_between_pages(run):
    """Steps move to other places in the list while it is read."""
    touched = [key for key in run.adapter.ids() if int(key) <= 40]
    over = threading.Event()
    def touch():
        for turn in range(3):
            for key in touched[turn::3]:
                run.reviewer.note(key, "seen")
        over.set()
    toucher = threading.Thread(target=touch)
    toucher.start()
    while not over.is_set():
        run.greentick.verb("mirror", "reconcile")
    toucher.join()
    mirrored(run)


def sampled(run):
    """Frozen, drawn by seed, pushed to the case system, and checked again."""
    run.report.equal("sample freeze", run.greentick.verb("sample", "freeze", CYCLE)[0], 0)
    status, text = run.greentick.verb("sample", "draw", CYCLE, "--seed", SEED)
    run.report.check("sample draw --seed", status == 0, text)
    def pushed():
        with_flag = {key for key, step in run.adapter.steps().items() if "CSLT sample" in step.flags}
        with_note = {key for key in with_flag if run.adapter.step(key).our_notes}
        return bool(with_flag) and with_flag == with_note, f"flags on {sorted(with_flag)}, notes on {sorted(with_note)}"
    run.report.eventually("the drawn steps carry the flag CSLT sample and a note", pushed)
    run.report.equal("a flag set earlier was not taken off by the new one", run.overdue(run.adapter.steps()) - {
        key for key, step in run.adapter.steps().items() if "Overdue" in step.flags}, set())
    run.report.equal("a second draw of the cycle is refused", run.greentick.verb("sample", "draw", CYCLE, "--seed", "1" * 20)[0], 1)
    run.report.equal("sample verify", run.greentick.verb("sample", "verify", CYCLE)[0], 0)
    said_twice(run, "after the draw")


def put_away(run):
    """A clean stop, an unbroken ledger, and no narrative in anything of ours."""
    run.report.equal("SIGTERM ends the daemon cleanly", run.greentick.stop(), 0)
    run.report.equal("ledger verify", run.greentick.verb("ledger", "verify")[0], 0)
    status, exported = run.greentick.verb("ledger", "export")
    run.report.check("ledger export", status == 0 and exported)
    run.report.check("no narrative in the ledger's export", "CANARY" not in exported)
    run.report.equal("no narrative in ledger, log or files", run.greentick.leaks("CANARY-NARRATIVE"), [])
    run.report.equal("no key in ledger, log or files", [name for name in run.greentick.leaks(run.facts["REDMINE_KEY"]) if name != "facts.env"], [])


SECTIONS = (killed_while_speaking, mirrored, chased, reversed_with_reason, refused_is_reported,
            nothing_lost_between_pages, sampled, put_away)


def main():
    """Every section in turn; one that breaks is a failure, and the rest still run."""
    run = Run(sys.argv[1], sys.argv[2])
    try:
        for section in SECTIONS:
            print(f"# {section.__doc__.splitlines()[0]}", flush=True)
            try:
                section(run)
            except Exception as trouble:  # whatever it was, it is reported and counted
                run.report.check(section.__name__, False, f"{type(trouble).__name__}: {trouble}")
    finally:
        run.greentick.kill()
    return run.report.close()


if __name__ == "__main__":
    sys.exit(main())
