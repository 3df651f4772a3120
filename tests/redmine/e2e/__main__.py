"""The run: one section for each promise. `python3 tests/redmine/e2e FACTS WORK`, as e2e.sh calls it."""

import contextlib
import datetime
import os
import random
import re
import signal
import sys
import threading
import time

import workdays
from greentick import LISTEN, QA_MANAGER, Greentick
from redmine import Redmine, pairs, read_facts
from report import PATIENCE_S, Report

STATUS = {"Incoming": "incoming", "In progress": "started", "Completed": "completed", "Reopened": "reopened", "Cancelled": "cancelled"}
KILLS = 10
DICE = "58213 90467 12298 40731"
CYCLE = "2026-Autumn"
ESCALATED = "Escalated to Head of Service"
# The rungs of the built-in ladder that come after the completion date; the first one sets the flag.
LATE_RUNGS = (1, 3, 5, 10)
AWAITED = "LE-2026-900"
OPEN = ("Incoming", "In progress", "Reopened")


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
        self.today = seeded.astimezone(workdays.LONDON).date()
        # Late enough that the cycle's finished steps are history, early enough that its overdue ones are not.
        self.activation = datetime.datetime.combine(workdays.add(self.today, -8), datetime.time(0), workdays.LONDON)
        self.greentick = Greentick(os.environ["GREENTICK"], work, self.facts, self.activation)
        self.began = workdays.now()

    def overdue(self, steps):
        """Ids of the steps that must be flagged by now, by dates alone."""
        return {step.id for step in steps.values() if step.status in OPEN and step.due
                and self.activation <= workdays.told_at(step.due, 1) <= workdays.now()}

    def completes(self, name):
        """A person presses Finish, past every rule."""
        self.reviewer.move(self.id[name], "Completed")
        return self.id[name]

    def episode(self, name):
        """The reference that a situation's step carries."""
        return self.adapter.step(self.id[name]).fields["LE episode"]


def checked(run):
    """The settings are without fault before anything is started."""
    run.report.equal(f"nobody else listens on {LISTEN}", run.greentick.answers("/healthz"), 0)
    status, text = run.greentick.verb("check")
    run.report.check("greentick check", status == 0, text)
    status, text = run.greentick.bare("mapping", "test", str(run.greentick.work.parent / "no-such-mapping.toml"))
    run.report.check("a mapping that is not there cannot be told", status == 3, text)


def allocated(run):
    """The cycle's finished reviews, and one episode whose step never appears, are allocated."""
    steps = run.adapter.steps()
    rows = []
    for review in steps.values():
        fields = review.fields
        if review.kind != "LE Practice Reviewer" or fields["Allocation round"] != CYCLE or review.status != "Completed":
            continue
        rows.append({
            "cycle": CYCLE, "le_id": fields["LE episode"], "child": fields["Person ID"],
            "practitioner": fields["Practitioner"], "reviewer": fields["Practice reviewer"],
            "supervisor": fields["Supervisor"], "service_manager": "14", "service": f"Service {len(rows) % 2 + 1}",
            "allocated_on": workdays.add(run.today, -40).isoformat(), "due_on": review.due.isoformat()})
    run.framed = {row["le_id"] for row in rows}
    # Awaited by the fifth working day after its allocation, which lies between activation and today.
    rows.append(dict(rows[0], le_id=AWAITED, child="P-90000", allocated_on=workdays.add(run.today, -8).isoformat(),
                     due_on=workdays.add(run.today, 30).isoformat()))
    status, text = run.greentick.allocate(rows)
    run.report.check(f"{len(rows)} allocations are registered", status == 0 and text.startswith(f"{len(rows)} accepted"), text)
    # What a person set in Greentick's field before it came must still be there afterwards.
    run.by_hand = run.id["overdue-6"]
    run.report.equal("a person sets a flag by hand", run.reviewer.set_flags(run.by_hand, [ESCALATED]), 204)


def killed_while_speaking(run):
    """SIGKILL, again and again, while the first notes and flags go out."""
    seed = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
    dice = random.Random(seed)
    sent = lambda: len(run.greentick.outbox(state="sent"))
    counts = []
    for nth in range(KILLS):
        run.greentick.start()
        before, until = sent(), time.monotonic() + dice.uniform(0.3, 2.2)
        # Every other time at any instant, else just after something has gone out.
        at_any = nth % 2 == 1
        while time.monotonic() < until + 3 * (not at_any) and (at_any or sent() == before):
            time.sleep(0.02)
        run.greentick.kill()
        counts.append(sent())
    run.greentick.start()
    run.report.eventually(f"ready after being killed {KILLS} times (KILL_SEED={seed})",
                          lambda: ((seen := run.greentick.answers("/readyz")) == 200, seen))
    run.report.eventually("the outbox drains", lambda: (not (seen := run.greentick.outbox(state="owed")), seen))
    run.report.equal("nothing needs a person", run.greentick.outbox(state="dead"), [])
    run.report.check("it was killed while notes and flags were going out", any(0 < count < sent() for count in counts), (counts, sent()))


def mirrored(run):
    """Every readable step, with its status, and nothing else."""
    def same():
        held = {key: row["status"] for key, row in run.greentick.mirror().items()}
        there = {key: STATUS[step.status] for key, step in run.adapter.steps().items()}
        return held == there, sorted(set(held.items()) ^ set(there.items()))
    run.report.eventually("every readable step is mirrored with its status", same)
    held = run.greentick.mirror()
    run.report.equal("as many as the stand has, less the private one", len(held), int(run.facts["REDMINE_STEPS"]) - 1)
    run.report.check("the private step is absent", run.facts["REDMINE_PRIVATE_STEP"] not in held)
    run.report.equal("no record was set aside", run.greentick.rows("mirror", "quarantine"), [])
    # Redmine itself may have stood still for longer than a mirror may be old.
    run.report.eventually("ready: what may not be seen is no error", lambda: ((seen := run.greentick.answers("/readyz")) == 200, seen))


def chased(run):
    """Late steps are flagged and noted once; nobody else is."""
    run.report.check("the stand has overdue steps to chase", len(run.overdue(run.adapter.steps())) >= 2)
    def flagged():
        steps = run.adapter.steps()
        seen, expected = {key for key, step in steps.items() if "Overdue" in step.flags}, run.overdue(steps)
        return seen == expected, f"{sorted(seen)}, expected {sorted(expected)}"
    run.report.eventually("the overdue steps, and no others, carry the flag Overdue", flagged)
    run.greentick.beats(3)
    for key, step in sorted(run.adapter.steps().items(), key=lambda item: int(item[0])):
        told = step.notes_naming("LE-03.1")
        late = key in run.overdue({key: step})
        # What passed before the start is caught up with in one note; a rung that comes meanwhile is another.
        more = len(workdays.told_by_now(step.due, run.began, LATE_RUNGS)) if late else 0
        if late or told:
            run.report.check(f"step {key} was told once that it is overdue", late and len(told) in (1, 1 + more), told)
            run.report.equal(f"step {key} was flagged once", step.flagged.count("Overdue"), 1)
    run.report.equal("what a person had set beside the flag is kept", sorted(run.adapter.step(run.by_hand).flags), sorted(["Overdue", ESCALATED]))
    said_twice(run, "after the kills")
    run.report.equal("nothing was said on the private step", run.admin.step(run.facts["REDMINE_PRIVATE_STEP"]).journals, [])
    history = [run.id[name] for name in run.id if name.startswith("history-")] + [run.id["passed-unmoderated"]]
    run.report.equal("nothing was said of what happened before activation", [key for key in history if run.adapter.step(key).our_notes], [])
    board = run.facts["REDMINE_NOTICEBOARD"]
    run.report.eventually("the episode without a step is awaited on the noticeboard",
                          lambda: ((seen := run.admin.step(board).notes_naming("LE-01.3")) != [], seen))
    run.greentick.beats(2)
    naming = [notes for notes in run.admin.step(board).our_notes if AWAITED in notes]
    told = sorted(who for notes in naming for who in re.findall(r"For the attention of: ([^.]*)\.", notes))
    run.report.equal("once for each who is told", told, ["QA manager", "practice reviewer"])


def cured(run):
    """An agreed extension takes the flag off, and nothing else that stands there."""
    later = workdays.add(run.today, 20).isoformat()
    status, text = run.greentick.decide(run.episode("overdue-6"), QA_MANAGER, {"decision": "extend", "due": later, "reason": "sickness"})
    run.report.check("the QA manager extends the overdue step", status == 0, text)
    run.report.eventually("the flag Overdue is taken off, the one set by hand stays",
                          lambda: ((seen := run.adapter.step(run.by_hand).flags) == [ESCALATED], seen))


def said_twice(run, when):
    """No mark stands on two notes, anywhere."""
    steps = [*run.adapter.steps().values(), run.admin.step(run.facts["REDMINE_NOTICEBOARD"])]
    marks = [mark for step in steps for mark in step.marks]
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
    run.report.eventually("and says why again", lambda: (len(seen := run.adapter.step(bad).notes_naming("LE-27.1")) == 2, seen))
    said_twice(run, "after two reversals")
    status, text = run.greentick.decide(run.episode("outstanding-unmoderated"), run.facts["REDMINE_HEAD"],
                                        {"decision": "moderate", "grade": "outstanding", "outcome": "agree"})
    run.report.check("the Head records the initial moderation", status == 0, text)
    run.completes("outstanding-unmoderated")
    run.report.eventually("the Finish is mirrored", lambda: ((seen := run.greentick.mirror()[bad]["status"]) == "completed", seen))
    run.greentick.beats(4)
    run.report.equal("finished with moderation, it stays completed", run.adapter.step(bad).status, "Completed")


def refused_is_reported(run):
    """A move that the work flow refuses ends where somebody can see it, and is made once it may be."""
    run.report.equal("the administrator takes reopening away from the adapter", run.admin.give_adapter_role("curbed"), 204)
    key = run.completes("inadequate-requested")
    def failed():
        rows = run.greentick.outbox(step=key, operation="reopen", state="dead")
        return bool(rows) and "may not reopen" in rows[0]["why"], rows
    run.report.eventually("the refused reopening stands in the outbox, with what to do", failed)
    run.greentick.beats(2)
    run.report.equal("and was not made", run.adapter.step(key).status, "Completed")
    run.report.equal("nor was its note left alone on the step", run.adapter.step(key).notes_naming("LE-27.1"), [])
    run.report.equal("the administrator gives it back", run.admin.give_adapter_role("adapter"), 204)
    status, text = run.greentick.verb("outbox", "retry")
    run.report.check("outbox retry is accepted", status == 0 and text.startswith("1 owed again"), text)
    run.report.eventually("the step is open again", lambda: ((seen := run.adapter.step(key).status) == "Reopened", seen))
    run.report.eventually("and says why, once", lambda: (len(seen := run.adapter.step(key).notes_naming("LE-27.1")) == 1, seen))
    said_twice(run, "after a refusal")


def nothing_lost_between_pages(run):
    """Steps move to other places in the list while it is read for the first time, page by page."""
    ids = [key for key, step in run.adapter.steps().items() if step.status == "Completed"]
    over = threading.Event()
    touches = [0]
    def touch():
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                run.reviewer.note(ids[touches[0] * 7 % len(ids)], "seen")
                touches[0] += 1
    toucher = threading.Thread(target=touch)
    toucher.start()
    try:
        for nth in range(3):
            other = run.greentick.configure(f"reader-{nth}", mode="observe", sweep_s=60)
            run.greentick.allocate([], config=other)    # only that begins a ledger, besides the daemon
            before = touches[0]
            status, text = run.greentick.verb("mirror", "reconcile", config=other)
            run.report.check(f"a first reading while {touches[0] - before} steps are touched", status == 0 and touches[0] > before + 3, text)
            held = set(run.greentick.mirror(config=other))
            run.report.equal("no finished step is missing from it", sorted(set(ids) - held), [])
    finally:
        over.set()
        toucher.join()
    mirrored(run)


def sampled(run):
    """Frozen, drawn by dice, pushed to the case system, and checked again."""
    last = {}
    for step in run.adapter.steps().values():
        if step.fields["LE episode"] in run.framed:
            last[step.fields["LE episode"]] = step.id
    some = sorted(last.values(), key=int)[0]
    run.reviewer.set_flags(some, [ESCALATED])
    status, text = run.greentick.verb("sample", "freeze", CYCLE, "--early")
    run.report.check("sample freeze", status == 0, text)
    out = run.greentick.work / "sample"
    status, text = run.greentick.verb("sample", "draw", CYCLE, "--seed", DICE, "--out", str(out))
    drawn = set(text.split())
    run.report.check("sample draw --seed gives some of the finished reviews, and not all", status == 0 and drawn and drawn < run.framed, text)
    def pushed():
        steps = run.adapter.steps()
        flags = {key for key, step in steps.items() if "CSLT sample" in step.flags}
        notes = {key for key, step in steps.items() if any("drawn for moderation" in words for words in step.our_notes)}
        wanted = {last[episode] for episode in drawn}
        return flags == notes == wanted, f"flags on {sorted(flags)}, notes on {sorted(notes)}, drawn {sorted(wanted)}"
    run.report.eventually("the drawn episodes' steps, and no others, carry the flag CSLT sample and a note", pushed)
    board = run.facts["REDMINE_NOTICEBOARD"]
    def listed():
        lists = [notes for notes in run.admin.step(board).our_notes if CYCLE in notes]
        return len(lists) == 1 and all(episode in lists[0] for episode in drawn), lists
    run.report.eventually("the whole list stands on the noticeboard once, with its certificate", listed)
    run.report.check("a flag set by hand was kept", ESCALATED in run.adapter.step(some).flags)
    run.report.check("the overdue flags are still there", all("Overdue" in run.adapter.step(key).flags for key in run.overdue(
        {key: step for key, step in run.adapter.steps().items() if key != run.by_hand})))
    run.report.equal("a second draw of the cycle is refused", run.greentick.verb("sample", "draw", CYCLE, "--seed", "1" * 20, "--out", str(out))[0], 1)
    files = [str(out / name) for name in ("frame.csv", "policy.toml", "certificate.json")]
    status, text = run.greentick.bare("sample", "verify", *files)
    run.report.check("sample verify", status == 0, text)
    said_twice(run, "after the draw")


def put_away(run):
    """A clean stop, an unbroken ledger, and no narrative in anything of ours."""
    run.report.equal("nothing is owed and nothing needs a person", [*run.greentick.outbox(state="owed"), *run.greentick.outbox(state="dead")], [])
    run.report.equal("SIGTERM ends the daemon cleanly", run.greentick.stop(), 0)
    run.report.equal("ledger verify", run.greentick.verb("ledger", "verify")[0], 0)
    status, exported = run.greentick.verb("ledger", "export")
    run.report.check("ledger export", status == 0 and exported.count("\n") > 100)
    run.report.equal("no narrative in ledger, log or files", run.greentick.leaks("CANARY-NARRATIVE"), [])
    run.report.equal("no key in ledger, log or files", [name for name in run.greentick.leaks(run.facts["REDMINE_KEY"]) if name != "facts.env"], [])
    run.report.equal("no child's id in ledger or log", [name for name in run.greentick.leaks("P-10") if name != "allocation.csv"], [])
    run.report.equal("nothing panicked", run.greentick.leaks("panicked"), [])


SECTIONS = (checked, allocated, killed_while_speaking, mirrored, chased, cured, reversed_with_reason, refused_is_reported,
            nothing_lost_between_pages, sampled, put_away)


def main():
    """Every section in turn; one that breaks is a failure, and the rest still run."""
    # Whoever ends this run ends the daemon with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    run = Run(sys.argv[1], sys.argv[2])
    try:
        for section in SECTIONS:
            began = time.monotonic()
            print(f"# {section.__doc__.splitlines()[0]}", flush=True)
            try:
                section(run)
            except Exception as trouble:  # whatever it was, it is reported and counted
                run.report.check(section.__name__, False, f"{type(trouble).__name__}: {trouble}")
            print(f"        {time.monotonic() - began:.0f} s", flush=True)
    finally:
        run.greentick.kill()
    return run.report.close()


if __name__ == "__main__":
    sys.exit(main())
