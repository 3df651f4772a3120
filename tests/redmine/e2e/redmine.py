"""Redmine as its own interface shows it. Shares nothing with Greentick's mapping."""

import datetime
import re
import urllib.error
import urllib.request
import xml.etree.ElementTree as xml
from xml.sax.saxutils import escape

MARK = re.compile(r"\[(gt-[0-9a-f]{16})\]")
FLAG = "Greentick flag"


def read_facts(path):
    """The NAME=value lines that up.sh printed."""
    with open(path, encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("=", 1) for line in lines if "=" in line)


def pairs(text):
    """`name:id,name:id` as a dictionary."""
    return dict(pair.rsplit(":", 1) for pair in text.split(","))


class Step:
    """One work step with its journals."""

    def __init__(self, element, flag_id):
        self.id = element.findtext("id")
        self.flag_id = flag_id
        self.status = element.find("status").get("name")
        self.kind = element.find("tracker").get("name")
        self.closed_on = element.findtext("closed_on") or None
        due = element.findtext("due_date")
        self.due = datetime.date.fromisoformat(due) if due else None
        self.fields = {}
        for field in element.iter("custom_field"):
            value = field.find("value")
            several = field.get("multiple") == "true"
            self.fields[field.get("name")] = [v.text for v in value] if several else (value.text or "")
        self.journals = [(j.find("user").get("name"), j.findtext("notes") or "", 
                          [dict(d.attrib, new=d.findtext("new_value") or "") for d in j.iter("detail")])
                         for j in element.iter("journal")]

    @property
    def flags(self):
        """Values of Greentick's field."""
        return self.fields.get(FLAG, [])

    @property
    def our_notes(self):
        """Notes that carry a mark of ours."""
        return [notes for _, notes, _ in self.journals if MARK.search(notes)]

    @property
    def marks(self):
        """The marks of our notes, in order, repeats kept."""
        return [mark for notes in self.our_notes for mark in MARK.findall(notes)]

    @property
    def moves(self):
        """How often the status changed, by anybody."""
        return sum(detail.get("name") == "status_id" for _, _, details in self.journals for detail in details)

    @property
    def flagged(self):
        """Every value ever put into Greentick's field, repeats kept."""
        return [detail["new"] for _, _, details in self.journals for detail in details
                if detail.get("property") == "cf" and detail.get("name") == self.flag_id and detail["new"]]

    def notes_naming(self, rule):
        """Our notes that name a rule."""
        return [notes for notes in self.our_notes if rule in notes]


class Redmine:
    """One key's view of the stand."""

    def __init__(self, facts, key="REDMINE_KEY"):
        self.facts = facts
        self.url = facts["REDMINE_URL"]
        self.key = facts[key]
        self.status_ids = pairs(facts["REDMINE_STATUS_IDS"])
        self.field_ids = pairs(facts["REDMINE_FIELD_IDS"])

    def call(self, path, body=None):
        """(status, body) of a GET, or of a PUT if there is a body."""
        request = urllib.request.Request(self.url + path, method="GET" if body is None else "PUT",
                                         data=None if body is None else body.encode("utf-8"))
        request.add_header("X-Redmine-API-Key", self.key)
        if body is not None:
            request.add_header("Content-Type", "application/xml")
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    def ids(self):
        """Every step id this key can see, in the order of ids."""
        _, body = self.call("/issues.xml?project_id=learning-episodes&status_id=*&sort=id&limit=100")
        return [issue.findtext("id") for issue in xml.fromstring(body).iter("issue")]

    def step(self, step_id):
        """One step with everything."""
        status, body = self.call(f"/issues/{step_id}.xml?include=journals")
        if status != 200:
            raise RuntimeError(f"step {step_id} answered {status}")
        return Step(xml.fromstring(body), self.field_ids["flag"])

    def steps(self):
        """Every step this key can see, by id."""
        return {step_id: self.step(step_id) for step_id in self.ids()}

    def put(self, step_id, inner):
        """Writes to a step; the status is no proof of anything."""
        return self.call(f"/issues/{step_id}.xml", f"<issue>{inner}</issue>")[0]

    def move(self, step_id, status):
        """Asks for another status."""
        return self.put(step_id, f"<status_id>{self.status_ids[status.replace(' ', '_')]}</status_id>")

    def note(self, step_id, text):
        """Leaves words on a step."""
        return self.put(step_id, f"<notes>{escape(text)}</notes>")

    def set_field(self, step_id, field, value):
        """Sets a field with one value."""
        return self.put(step_id, f'<custom_fields type="array"><custom_field id="{self.field_ids[field]}">'
                                 f"<value>{escape(value)}</value></custom_field></custom_fields>")

    def set_flags(self, step_id, values):
        """Sets Greentick's field to several values."""
        inner = "".join(f"<value>{escape(value)}</value>" for value in values)
        return self.put(step_id, f'<custom_fields type="array"><custom_field id="{self.field_ids["flag"]}">'
                                 f'<value type="array">{inner}</value></custom_field></custom_fields>')

    def give_adapter_role(self, role):
        """As the administrator: what the adapter's key may do from now on."""
        number = pairs(self.facts["REDMINE_ROLE_IDS"])[role]
        membership = self.facts["REDMINE_ADAPTER_MEMBERSHIP"]
        return self.call(f"/memberships/{membership}.xml",
                         f'<membership><role_ids type="array"><role_id>{number}</role_id></role_ids></membership>')[0]
