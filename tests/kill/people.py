"""People at work: steps appear, forms are saved well and badly, Finish is pressed, and some go around it."""

import datetime
import threading
import time

from council import START

EPISODES = 24
LOREM = "CANARY-NARRATIVE lorem ipsum dolor sit amet, consectetur adipiscing elit sed do eiusmod. "
NEXT = {"1201": "1202", "1202": "1203", "1203": "1204"}


def reference(number):
    """An episode's reference."""
    return f"LE-2026-{number:04}"


def workers(number):
    """Who has which part in an episode, as its forms name them."""
    return {"le.practitioner": f"W-1{number:02}", "le.reviewer": f"W-2{number % 8:02}", "le.supervisor": f"W-3{number % 6:02}",
            "le.service_manager": f"W-4{number % 4:02}"}


def rich(length):
    """A text of about this many characters, as a form keeps it."""
    return f"<p>{(LOREM * 20)[:length]}</p>"


class People(threading.Thread):
    """Works through the council's control interface until told to end."""

    def __init__(self, council, daemon, chance):
        super().__init__(daemon=True)
        self.council, self.greentick, self.chance = council, daemon, chance
        self.over = threading.Event()
        self.moderated = []  # (when by the log's sequence, episode, grade): decisions that were acknowledged
        self.concerned = []  # (when by the log's sequence, episode): the same of concerns about practice
        self.trouble = []
        self.pressed = 0
        self.number = 0
        first = datetime.date.fromisoformat(START)
        # Some are late on the second day, some later, and some never while the storm lasts.
        self.due = {reference(n): first + datetime.timedelta(days=n - 1) for n in range(1, EPISODES + 1)}

    def begin(self):
        """The QA manager allocates; then everybody starts working."""
        rows = ["cycle,le_id,child,practitioner,reviewer,supervisor,service_manager,service,allocated_on,due_on"]
        for number in range(1, EPISODES + 1):
            one = workers(number)
            rows.append(",".join(["2026-C3", reference(number), f"P-{10_000 + number}", one["le.practitioner"], one["le.reviewer"],
                                  one["le.supervisor"], one["le.service_manager"], "FS", "2026-08-24", self.due[reference(number)].isoformat()]))
        self.greentick.allocate("\n".join(rows) + "\n")
        self.start()

    def end(self):
        """Stops working, and says if the work itself broke."""
        self.over.set()
        self.join()
        if self.trouble:
            raise RuntimeError(self.trouble)

    def run(self):
        """Something every few hundredths of a second."""
        try:
            while not self.over.is_set():
                self.something()
                time.sleep(self.chance.uniform(0.01, 0.08))
        except Exception as trouble:  # told to the main thread, which fails the run
            self.trouble.append(repr(trouble))

    def something(self):
        """One act of somebody."""
        steps = [row for row in self.council.get("/council/steps") if str(row["step_type"]) in NEXT or str(row["step_type"]) == "1204"]
        still = [row for row in steps if row["status"] in ("INCOMING", "STARTED", "REOPENED")]
        begun = {row["reference"] for row in steps}
        if len(begun) < EPISODES and (not still or self.chance.random() < 0.2):
            return self.appear(len(begun) + 1)
        if not still:
            return None
        row = self.chance.choice(still)
        dice = self.chance.random()
        if dice < 0.45:
            return self.save(row)
        if dice < 0.52:
            return self.moderate(row)
        if dice < 0.56:
            return self.raise_concern(row)
        if dice < 0.93:
            self.pressed += 1
            return self.council.post(f"/council/steps/{row['id']}/finish")
        if dice < 0.97:
            return self.council.post(f"/council/steps/{row['id']}/finish?force=true")
        finished = [one for one in steps if one["status"] == "COMPLETED" and str(one["step_type"]) == "1202"]
        if finished:
            self.council.post(f"/council/steps/{self.chance.choice(finished)['id']}/status", {"status": "REOPENED"})
        return None

    def appear(self, number):
        """A practitioner's step."""
        answers = dict(workers(number), **{"le.reference": reference(number), "le.cycle": "2026-C3"})
        body = {"id": str(50_000 + number * 10), "step_type": "1201", "assignee": answers["le.practitioner"],
                "subject": f"P-{10_000 + number}", "answers": answers}
        status, answer = self.council.post("/council/steps", body)
        if status >= 300:
            raise RuntimeError(f"a step could not appear: {status} {answer}")

    def save(self, row):
        """A form is saved, mostly whole, sometimes with something left out or blanked."""
        today = datetime.date.today().isoformat()
        kind = str(row["step_type"])
        whole = self.chance.random() < 0.7
        answers, tables = {}, {}
        if kind == "1201":
            answers = {"le.reflection": rich(640 if whole else self.chance.choice([0, 60])), "le.focus": "focus"}
        elif kind == "1202":
            grade = self.chance.choice(["OUT", "GOOD", "GOOD", "RI", "INAD"])
            answers = {"le.learning_conversation.summary": rich(500), "le.observation.component1": "H", "le.observation.component2": "M",
                       "le.observation.component3": "H", "le.family_feedback": rich(80), "le.partner_feedback": rich(80),
                       "le.section6.analysis": rich(600), "le.overall": grade, "le.final_meeting.date": "2026-09-14",
                       "le.late_reason": "workload"}
            tables = {"le.practice_area": [{"area": "planning", "assurance": "H"}],
                      "le.actions": [{"action": "A-1", "owner": "W-101", "by_when": today, "status": "open"}]}
            if not whole:
                answers[self.chance.choice(sorted(answers))] = None
        elif kind == "1203":
            answers = {"le.supervision.date": "2026-09-15"}
            tables = {"le.actions": [{"action": "A-1", "owner": "W-101", "by_when": today, "status": "begun", "progress_on": "2027-01-15"}]}
        else:
            answers = {"le.sm.process_view": "Y", "le.impact_signoff": "improved" if whole else None, "le.sm.statement": rich(300)}
        self.council.post(f"/council/steps/{row['id']}/answers", {"answers": answers, "tables": tables})

    def raise_concern(self, row):
        """A concern about practice goes on record; remembered only if Greentick acknowledged it."""
        self.number += 1
        before = self.council.changes()
        if self.greentick.decide("qa-token", row["reference"], {"id": f"concern-{self.number}", "decision": "raise_concern"}) == 201:
            self.concerned.append((before, row["reference"]))

    def moderate(self, row):
        """The Head agrees to an evaluation; remembered only if Greentick acknowledged it."""
        grade = self.chance.choice(["outstanding", "inadequate"])
        self.number += 1
        decision = {"id": f"moderation-{self.number}", "decision": "moderate", "grade": grade, "outcome": "agree"}
        before = self.council.changes()
        if self.greentick.decide("head-token", row["reference"], decision) == 201:
            self.moderated.append((before, row["reference"], grade))
