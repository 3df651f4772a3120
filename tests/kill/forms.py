"""What each version of each step said, replayed from the council's log, and what a Finish of it lacks: a second opinion
on the blocking rules, with no code shared."""

import datetime
import html
import pathlib
import re
import zoneinfo

LONDON = zoneinfo.ZoneInfo("Europe/London")
CHANGES = ("step_saved", "step_finished", "step_status", "step_restricted", "step_deleted")
EXTREME = {"OUT": "outstanding", "INAD": "inadequate"}


class Forms:
    """Versions by step: {step: [(sequence, version, form)]}."""

    def __init__(self, log):
        self.versions = {}
        for entry in log:
            kind = entry["event"]
            if kind == "step_appeared":
                self.appear(entry["seq"], entry["step"])
            elif kind in CHANGES:
                self.change(entry)
                if entry.get("successor"):
                    self.appear(entry["seq"], entry["successor"])
            elif kind == "received" and entry.get("step"):
                # Whatever is written raises the version and changes nothing else of the form.
                self.add(entry["seq"], entry["step"], {})

    def appear(self, seq, step):
        """A first version."""
        form = {"type": str(step["step_type"]), "answers": {k: v for k, v in (step.get("answers") or {}).items() if v}, "tables": {}}
        self.versions[step["id"]] = [(seq, 1, form)]

    def add(self, seq, step, changed):
        """One more version."""
        _, version, form = self.versions[step][-1]
        self.versions[step].append((seq, version + 1, dict(form, **changed)))

    def change(self, entry):
        """A change by a person."""
        changed = {}
        if entry["event"] == "step_saved":
            form = self.versions[entry["step"]][-1][2]
            answers = dict(form["answers"], **entry.get("answers", {}))
            changed = {"answers": {key: value for key, value in answers.items() if value},
                       "tables": dict(form["tables"], **entry.get("tables", {}))}
        self.add(entry["seq"], entry["step"], changed)

    def at(self, step, version):
        """The form of a version."""
        return next(form for _, number, form in self.versions[step] if number == version)

    def version_at(self, step, seq):
        """The version that stood at an event."""
        return max(number for since, number, _ in self.versions[step] if since <= seq)

    def between(self, step, first, last):
        """Versions that stood at some instant between two events."""
        return {number for since, number, _ in self.versions[step] if since <= last and number >= self.version_at(step, first)}


def length(text):
    """Characters of a rich text."""
    return len(html.unescape(re.sub(r"<[^>]*>", "", text or "")).strip())


# Kept by the people played: they press Finish on open steps only, hand on to whom the allocation names, and dispute nothing.
KEPT = {"LE-00.0", "LE-16.3", "LE-26.2", "LE-28.1", "LE-29.2"}
RULES = pathlib.Path(__file__).parents[2] / "docs/rules.md"


def without_opinion():
    """Codes of the rules that may hold a Finish, as documented, on which there is no second opinion here."""
    text = RULES.read_text("utf-8")
    entries = re.split(r"^\*\*(?=LE-\d)", text, flags=re.MULTILINE)[1:]
    holding = {re.match(r"LE-\d+\.\d+", entry).group() for entry in entries if re.search(r"^- `block`, at Finish of", entry, flags=re.MULTILINE)}
    long_ago = datetime.date(2000, 1, 1)
    judged = set()
    for kind, grade in (("1201", None), ("1202", None), ("1202", "INAD"), ("1203", None), ("1204", None)):
        form = {"type": kind, "answers": {"le.overall": grade}, "tables": {"le.actions": [{}]}}
        judged |= unmet(form, long_ago, [datetime.date.today()], set(), False)[1]
    return sorted(holding - judged - KEPT) if holding else ["no rule was found"]


def unmet(form, due, days, moderated, concerned):
    """Codes of the blocking rules that this form leaves unmet, and of those that it may leave unmet. `due` is the completion date,
    `days` are the local days on which it was asked and answered, `moderated` the evaluations agreed to so far, `concerned` whether a
    concern about practice was raised by then."""
    answers, tables = form["answers"], form["tables"]
    lacking, perhaps = set(), set()

    def needs(rule, held):
        if not held:
            lacking.add(rule)

    if form["type"] == "1201":
        needs("LE-16.1", length(answers.get("le.reflection")) >= 200)
    elif form["type"] == "1202":
        actions, areas = tables.get("le.actions", []), tables.get("le.practice_area", [])
        needs("LE-20.1", length(answers.get("le.learning_conversation.summary")) >= 100)
        needs("LE-22.1", all(answers.get(f"le.observation.component{n}") for n in (1, 2, 3)) or answers.get("le.observation.waiver"))
        needs("LE-23.1", answers.get("le.family_feedback") or answers.get("le.family_feedback.reason"))
        needs("LE-24.1", answers.get("le.partner_feedback") or answers.get("le.partner_feedback.reason"))
        needs("LE-25.1", answers.get("le.section6.analysis") and areas and all(row.get("assurance") for row in areas))
        needs("LE-25.3", answers.get("le.overall"))
        # The date that these people write is the first day played, so a date that stands is past.
        needs("LE-26.1", answers.get("le.final_meeting.date"))
        needs("LE-26.3", (actions and all(row.get("owner") and row.get("by_when") for row in actions)) or answers.get("le.actions.none_reason"))
        grade = EXTREME.get(answers.get("le.overall"))
        needs("LE-27.1", grade is None or grade in moderated)
        needs("LE-07.4", grade != "inadequate" or concerned)
        if grade == "inadequate":
            # Whether it was raised before the question or after it is not replayed here.
            perhaps |= {"LE-07.4"}
        if grade:
            # An agreement covers what stood when it was made, and that is not replayed here.
            perhaps |= {"LE-27.1", "LE-27.3"}
        if due and not answers.get("le.late_reason"):
            needs("LE-03.3", min(days) <= due)
            perhaps |= {"LE-03.3"} if max(days) > due else set()
    elif form["type"] == "1203":
        # The council hands the review's actions on, without progress; what it hands on is not replayed here.
        needs("LE-29.1", all(row.get("status") for row in tables.get("le.actions", [])))
        perhaps |= set() if "le.actions" in tables else {"LE-29.1"}
    elif form["type"] == "1204":
        needs("LE-29.3", length(answers.get("le.sm.statement")) >= 1 and answers.get("le.impact_signoff"))
    return lacking, lacking | perhaps


def local_day(at):
    """The local day of an instant in the log."""
    return datetime.datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone(LONDON).date()
