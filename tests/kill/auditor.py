"""What must hold whatever was killed when, checked from outside. The letters are the invariants of docs/invariants.md."""

import collections
import datetime
import hashlib
import json

from forms import LONDON, Forms, local_day, unmet, without_opinion

GENESIS = "0" * 64


def told_at(due):
    """When the first working day after a date has come to half past eight; the weeks played have no bank holiday."""
    day = due + datetime.timedelta(days=1)
    while day.weekday() >= 5:
        day += datetime.timedelta(days=1)
    return datetime.datetime.combine(day, datetime.time(8, 30), LONDON)


class Auditor:
    """Reads the council's log and the daemon's last export, and says line by line what it found."""

    def __init__(self, council, daemon, people, exports):
        self.log = council.log()
        self.standing, self.mirror, self.outbox = council.standing(), daemon.mirror(), daemon.outbox()
        self.people, self.exports = people, exports
        self.rows, self.now = council.get("/council/steps"), council.now()
        self.lines = [json.loads(line) for line in exports[-1]]
        self.passed = self.failed = 0

    def check(self, what, held, seen=None):
        """One line of the report."""
        if held:
            self.passed += 1
            print(f"ok    {what}", flush=True)
        else:
            self.failed += 1
            print(f"FAIL  {what}: {seen}", flush=True)

    def none(self, what, broken, of):
        """A line that lists what broke it, and says out of how many."""
        self.check(f"{what} ({of} looked at)", not broken and of > 0, broken[:5] if broken else "there was nothing to look at")

    def close(self):
        """The closing line, and the exit status."""
        print(f"kill: {self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed else 0

    def kinds(self, kind):
        """The journal's lines of a kind."""
        return [line["body"] for line in self.lines if line["body"]["kind"] == kind]

    def audit(self):
        """Everything."""
        self.chain()
        self.nothing_lost()
        self.nothing_twice()
        self.permits_are_sound()
        self.the_late_are_flagged()
        self.intent_first()

    def chain(self):
        """I12: the journal is one unbroken chain, and each export is the beginning of the next."""
        broken, head = [], GENESIS
        for number, (line, text) in enumerate(zip(self.lines, self.exports[-1]), 1):
            body = text.split('"body":', 1)[1].rsplit(',"hash":', 1)[0]
            link = hashlib.sha256(f"{head}\n{body}".encode()).hexdigest()
            if (line["seq"], line["prev"], line["hash"]) != (number, head, link):
                broken.append(number)
            head = line["hash"]
        self.none("I12 every line of the journal follows from the one before", broken, len(self.lines))
        parts = [n for n, (early, late) in enumerate(zip(self.exports, self.exports[1:])) if late[:len(early)] != early]
        self.none("I12 every export is the beginning of every later one", parts, len(self.exports))
        narrative = [line["seq"] for line, text in zip(self.lines, self.exports[-1]) if "CANARY" in text]
        self.none("no narrative stands in the journal", narrative, len(self.lines))

    def nothing_lost(self):
        """I1: the mirror is the council; what was acknowledged is on record."""
        differing = sorted(set(self.standing.items()) ^ set(self.mirror.items()))
        self.none("I1 every step is mirrored as it stands", differing, len(self.standing))
        kept = {body["id"] for body in self.kinds("callback")}
        told = [self.message(entry["message"]) for entry in self.log if entry["event"] == "callback_delivered"]
        self.none("I1 every callback that was acknowledged is on record", [one for one in told if one not in kept], len(told))
        recorded = {body["decision_id"]: body for body in self.kinds("asked")}
        answered = [entry for entry in self.log if entry["event"] == "finish_answered" and (entry["answer"] or {}).get("decision_id")
                    and (entry["answer"].get("episode"))]
        lost = [entry["check"] for entry in answered if entry["answer"]["decision_id"] not in recorded]
        self.none("I1 every answer to a finish check is on record", lost, len(answered))
        decided = {body["decision"]["id"] for body in self.kinds("decided")}
        self.check(f"I1 every acknowledged decision is on record ({len(self.people.moderated)} looked at)",
                   len(decided & {f"moderation-{n}" for n in range(1, self.people.number + 1)}) >= len(self.people.moderated), sorted(decided))

    @staticmethod
    def message(seq):
        """The name under which the council tells of an event."""
        return f"M-{seq}"

    def nothing_twice(self):
        """I2, I8: one observation a version, one entry a callback, one write an effect."""
        seen = collections.Counter((body["sighting"]["step"], body["sighting"]["version"]) for body in self.kinds("seen")
                                   if body["sighting"]["presence"] == "present")
        self.none("I2 no version of a step is observed twice", [key for key, count in seen.items() if count > 1], len(seen))
        callbacks = collections.Counter(body["id"] for body in self.kinds("callback"))
        self.none("I2 no callback is on record twice", [key for key, count in callbacks.items() if count > 1], len(callbacks))
        marks = collections.Counter(entry["mark"] for entry in self.log if entry["event"] == "received")
        self.none("I8 nothing was said to the council twice", [mark for mark, count in marks.items() if count > 1], len(marks))
        sent = {row["mark"] for row in self.outbox if row["state"] == "sent"}
        self.none("I8 everything sent has arrived", sorted(sent - set(marks)), len(sent))
        self.none("I8 everything that arrived was owed, and is entered as sent", sorted(set(marks) - sent), len(marks))
        dead = [(row["key"], row["why"]) for row in self.outbox if row["state"] == "dead"]
        self.none("I13 nothing was given up", dead, len(self.outbox))

    def intent_first(self):
        """I13: nothing arrived that was not owed before, and every intent came to an end."""
        owed = {body["mark"]: body["at"] for body in self.kinds("owed")}
        early = [entry["mark"] for entry in self.log if entry["event"] == "received"
                 and (entry["mark"] not in owed or owed[entry["mark"]][:19] > entry["at"][:19])]
        self.none("I13 every write was an intent on record before it arrived", early, len(owed))
        open_ended = [row["key"] for row in self.outbox if row["state"] not in ("sent", "withdrawn", "dead", "gathered", "daily")]
        self.none("I13 every intent came to an end", open_ended, len(self.outbox))

    def permits_are_sound(self):
        """I4, I6: what was permitted had everything on the version judged; what was held lacked something."""
        missing = without_opinion()
        self.check("there is a second opinion on every rule that may hold a Finish", not missing, missing)
        forms = Forms(self.log)
        recorded = {body["decision_id"]: body for body in self.kinds("asked")}
        unsound, unexplained, permits, holds = [], [], 0, 0
        asked = {}
        for entry in self.log:
            if entry["event"] == "finish_asked":
                asked[entry["check"]] = entry
            if entry["event"] != "finish_answered" or not (entry["answer"] or {}).get("episode"):
                continue
            answer = entry["answer"]
            judged = recorded.get(answer["decision_id"])
            if judged is None:
                continue
            version = int(judged["version"])
            versions = forms.between(entry["step"], asked[entry["check"]]["seq"], entry["seq"])
            step = forms.at(entry["step"], version)
            days = [local_day(asked[entry["check"]]["at"]), local_day(entry["at"])]
            due = self.people.due.get(answer["episode"])
            seq = asked[entry["check"]]["seq"]
            lacking, perhaps = unmet(step, due, days, self.grades(answer["episode"], seq), self.concerned(answer["episode"], seq))
            if answer["decision"] == "permit":
                permits += 1
                if not answer.get("provisional") and (version not in versions or lacking):
                    unsound.append((entry["check"], version, sorted(versions), sorted(lacking)))
                if answer.get("provisional") and lacking & {"LE-27.1"}:
                    unsound.append((entry["check"], "provisional", sorted(lacking)))
            else:
                holds += 1
                told = {reason["rule"] for reason in answer["reasons"]}
                blind = any(reason["finding"] == "cannot tell" for reason in answer["reasons"])
                # Who asks from a screen that has been overtaken is told to load the step again.
                overtaken = "LE-00.0" in told and int(asked[entry["check"]]["version"]) < version
                if not told or (not blind and not overtaken and not told & perhaps):
                    unexplained.append((entry["check"], sorted(told), sorted(perhaps)))
        self.none("I4 every permit is for a version that stood and lacked nothing", unsound, permits)
        self.none("I6 every hold names something that was lacking", unexplained, holds)
        finishes = [entry for entry in self.log if entry["event"] == "step_finished"]
        around = [entry for entry in finishes if not entry.get("check")]
        bypassed = [body for body in self.kinds("bypass") if not body.get("immediate")]
        noticed = {(body["step"], body["finished_at"][:19]) for body in bypassed}
        # Before the first reading nobody could have asked.
        since = min((body["reading"]["since"] for body in self.kinds("first_read")), default="")
        around = [entry for entry in around if entry["at"][:19] >= since[:19]]
        unnoticed = [entry["seq"] for entry in around if (entry["step"], entry["at"][:19]) not in noticed
                     and not self.reopened_unseen(entry)]
        self.none("I5 every Finish that nobody asked for is entered as a bypass", unnoticed, len(around))
        answers = {entry["check"]: entry["answer"] for entry in self.log if entry["event"] == "finish_answered"}
        permitted = {(entry["step"], entry["at"][:19]): answers[entry["check"]] for entry in finishes if entry.get("check")}
        wronged = []
        for body in bypassed:
            permit = permitted.get((body["step"], body["finished_at"][:19]))
            # A permit that had run out when Finish was pressed is none.
            if permit and body["finished_at"][:19] <= permit["valid_until"][:19]:
                told = recorded[permit["decision_id"]]
                wronged.append((body["step"], body["leg"], body["finished_at"], permit["judged_at"], permit["valid_until"], told["version"]))
        self.none("I5 no Finish that used its permit is entered as a bypass", wronged, len(permitted))
        print(f"      {len(finishes)} Finishes, {len(around)} without asking, {len(bypassed)} entered as bypasses, {permits} permits, {holds} holds")
        twice = collections.Counter((body["step"], body["leg"]) for body in bypassed)
        self.none("I5 no Finish is entered as a bypass twice", [key for key, count in twice.items() if count > 1], len(bypassed))

    def reopened_unseen(self, finish):
        """Whether the step was opened again before the daemon could have seen it finished: then only its later Finish shows."""
        return any(entry["event"] == "step_status" and entry.get("status") == "REOPENED" and entry["step"] == finish["step"]
                   and entry["seq"] > finish["seq"] for entry in self.log)

    def the_late_are_flagged(self):
        """I8, I9: an open review past its completion date carries the flag, and no other step does."""
        rows = [row for row in self.rows if str(row["step_type"]) == "1202"]
        wrong = []
        for row in rows:
            due = self.people.due[row["reference"]]
            # The flag is set at half past eight on the first working day after the date.
            late = self.now > told_at(due)
            expected = late and row["status"] in ("INCOMING", "STARTED", "REOPENED")
            if ("overdue" in row["flags"]) != expected:
                wrong.append((row["id"], row["status"], str(due), row["flags"]))
        self.none("I8 every open review past its date is flagged, and I9 no other", wrong, len(rows))

    def concerned(self, episode, before):
        """Whether a concern about practice may have been on record when the check was asked; counted as evaluations are."""
        said = any(reference == episode and seq <= before for seq, reference in self.people.concerned)
        decided = (body["decision"] for body in self.kinds("decided"))
        return said or any(one["episode"] == episode and one["what"].get("decision") == "raise_concern" for one in decided)

    def grades(self, episode, before):
        """Evaluations that the Head's agreement may have covered when the check was asked. A decision may have been taken in
        without its acknowledgement having arrived, so what the journal holds of decisions counts as well."""
        known = {grade for seq, reference, grade in self.people.moderated if reference == episode and seq <= before}
        for body in self.kinds("decided"):
            decision = body["decision"]
            if decision["episode"] == episode and decision["what"].get("decision") == "moderate":
                known.add(decision["what"]["grade"])
        return known
