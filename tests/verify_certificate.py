#!/usr/bin/env python3
"""Draws a moderation sample again, from nothing but the published files and docs/sampling.md.

usage: verify_certificate.py FRAME.csv POLICY.toml CERTIFICATE.json

A second implementation on purpose: it shares no code with Greentick and needs only Python 3.11.
Prints `verifies`, or every difference; exit status 0 or 1. Trusts reasons, outcomes and approvals.
"""
import csv, hashlib, io, json, re, sys, tomllib

GRADES = ["INAD", "RI", "GOOD", "OUT"]
DEFAULTS = {"sample_size": 20, "minimum_per_service": 1, "debt_cycles": 3, "reserves": 2}


sha = lambda data: hashlib.sha256(data).hexdigest()
ticket = lambda seed, le_id: "0." + f"{int(sha((sha(seed.encode()) + le_id).encode()), 16):064d}"[::-1]


def csv_bytes(rows):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


def partition(rows, debt_cycles):
    certain = {r["reviewer"] for r in rows if r["certain"]}
    strata = {}
    for row in rows:
        since = row["cycles_since_moderated"]
        in_debt = (since == "" or int(since) > debt_cycles) and row["reviewer"] not in certain
        name = "C" if row["certain"] else "D/" + row["reviewer"] if in_debt else "S/" + row["service"]
        strata.setdefault(name, []).append(row["le_id"])
    return dict(sorted(strata.items(), key=lambda s: s[0].encode()))


def allocate(strata, design):
    least = {"C": lambda n: n, "D": lambda n: 1, "S": lambda n: min(n, design["minimum_per_service"])}
    take = {name: least[name[0]](len(ids)) for name, ids in strata.items()}
    spare = {name: len(ids) - take[name] for name, ids in strata.items() if name[0] == "S"}
    whole = max(sum(spare.values()), 1)
    left = min(max(design["sample_size"] - sum(take.values()), 0), sum(spare.values()))
    given = {name: left * n // whole for name, n in spare.items()}
    by_remainder = sorted(spare, key=lambda name: -(left * spare[name] % whole))
    for name in by_remainder[: left - sum(given.values())]:
        given[name] += 1
    return {name: n + given.get(name, 0) for name, n in take.items()}


def trigger(outcomes, grades, in_sample):
    pairs = [(grades[o["le_id"]], o["moderated"]) for o in outcomes]
    if any(g and abs(GRADES.index(g) - GRADES.index(m)) >= 2 for g, m in pairs):
        return "two_grade_gap"
    differing = sum(g != m for g, m in pairs)
    return "half_differ" if differing and 2 * differing >= len(in_sample) else None


def check(frame_bytes, policy_bytes, cert_bytes):
    cert, wrong = json.loads(cert_bytes), []

    def same(what, recomputed, certified):
        if recomputed != certified:
            wrong.append(f"{what}: certificate has {certified!r}, recomputed {recomputed!r}")

    canonical = json.dumps(cert, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    same("spelling of the certificate", canonical == cert_bytes, True)
    same("algorithm", {"name": "rivest-consistent-sampling-stratified", "version": 1}, cert["algorithm"])
    same("frame_hash", sha(frame_bytes), cert["frame_hash"])
    same("policy_hash", sha(policy_bytes), cert["policy_hash"])
    excluded = [["le_id", "reason"]] + [[e["le_id"], e["reason"]] for e in cert["exclusions"]]
    same("exclusions_hash", sha(csv_bytes(excluded)), cert["exclusions_hash"])
    policy = tomllib.loads(policy_bytes.decode()).get("sampling", {})
    design = {key: policy.get(key, default) for key, default in DEFAULTS.items()}
    same("design", design, cert["design"])
    table = list(csv.reader(io.StringIO(frame_bytes.decode(), newline="")))
    rows = [dict(zip(table[0], row)) for row in table[1:]]
    same("spelling of the frame", csv_bytes(table) == frame_bytes, True)
    ids = [row["le_id"] for row in rows]
    same("order of the frame", sorted(set(ids), key=str.encode), ids)
    same("frame_rows", len(rows), cert["frame_rows"])
    dice, _, cycle = cert["seed"].partition("|")
    same("seed", [bool(re.fullmatch(r"[0-9]{5}( [0-9]{5}){3}", dice)), cycle], [True, cert["cycle"]])
    for row in rows:
        seen = {"OUT": "extreme", "INAD": "extreme", "": "grade_not_seen"}.get(row["evaluation"])
        stated = set(row["certain"].split(";")) & {"extreme", "grade_not_seen"}
        same(row["le_id"] + " certain", {seen} - {None}, stated)
    tickets = {i: ticket(cert["seed"], i) for i in ids}
    grades = {row["le_id"]: row["evaluation"] for row in rows}
    strata = partition(rows, design["debt_cycles"])
    queue = {s: sorted(q, key=lambda i: (tickets[i], i.encode())) for s, q in strata.items()}
    take = allocate(queue, design)
    chance = {s: "1" if n == len(queue[s]) else f"{n}/{len(queue[s])}" for s, n in take.items()}
    same("strata", [{"name": s, "N": len(q), "n": take[s], "pi": chance[s]} for s, q in queue.items()], cert["strata"])
    size = cert["sample_size"]
    same("sample_size", [design["sample_size"], sum(take.values())], [size["asked"], size["drawn"]])
    drawn = lambda first, until: [{"le_id": i, "stratum": s} for s, q in queue.items() for i in q[first(s) : until(s)]]
    same("selected", drawn(lambda s: 0, take.get), cert["selected"])
    used, out = dict(take), set()
    steps = sorted(cert["substitutions"] + cert["second_stage"], key=lambda step: step["sequence"])
    for number, step in enumerate(steps, 1):
        name = step["stratum"]
        same("sequence", number, step["sequence"])
        in_sample = [i for i in queue[name][: used[name]] if i not in out]
        wanted = 1 if "unusable" in step else take[name]
        new = queue[name][used[name] : used[name] + wanted]
        used[name] += len(new)
        out.add(step.get("unusable"))
        if "unusable" in step:
            same("replacement", [True, (new or [None])[0]], [step["unusable"] in in_sample, step["replacement"]])
        else:
            same("added", [trigger(step["outcomes"], grades, in_sample), new], [step["trigger"], step["added"]])
    same("reserves", drawn(used.get, lambda s: used[s] + design["reserves"]), cert["reserves"])
    named = drawn(lambda s: 0, lambda s: used[s] + design["reserves"])
    same("tickets", {d["le_id"]: tickets[d["le_id"]] for d in named}, cert["tickets"])
    return wrong


if __name__ == "__main__":
    found = check(*(open(path, "rb").read() for path in sys.argv[1:4]))
    print("\n".join(found) or "verifies")
    sys.exit(1 if found else 0)
