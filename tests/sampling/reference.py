"""What the public package consistent-sampler (1.0.10) draws, for tests/sampling/reference.rs to be compared with.

    python3 -m venv A && A/bin/pip install consistent-sampler
    A/bin/python tests/sampling/reference.py frames > tests/sampling/reference.jsonl
    A/bin/python tests/sampling/reference.py ask < questions    # one JSON line a question, one an answer

How many come from each group is worked out by tests/verify_certificate.py; tickets and order are the package's own.
"""

import hashlib
import json
import pathlib
import random
import sys

from consistent_sampler import first_fraction, sampler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from verify_certificate import allocate  # noqa: E402

FRAMES = 200
# Lengths that end a block of SHA-256 just before, at and after its border, seen from 64 characters on.
BORDERS = [1, 54, 55, 56, 63, 64, 65, 119, 120]
SPELLINGS = [
    lambda n: f"LE-2026-{n:04}",
    lambda n: f"LE,{n},\"{n}\"",
    lambda n: f"\"{n}",
    lambda n: f"L\u00c9-\u2116{n}",
    lambda n: f"LE\u0301-{n}",
    lambda n: f"\u5b66\u7fd2-{n}",
    lambda n: f"\u0634\u0628\u0643\u0629{n}",
    lambda n: f"\U0001f9ed{n}",
    lambda n: f"=1+{n}",
    lambda n: f"'{n}'\\;|{n}",
    lambda n: f"{n}  {n}",
    lambda n: str(n),
    lambda n: f"{n:0{BORDERS[n % len(BORDERS)]}}",
]
SERVICES = ["FS", "CLA", "ADO, \"north\"", "\u00c9quipe \u2116 2", "CWD;CIN", "\U0001f3e1", "S/FS", "C"]
REVIEWERS = ["W-1", "w,1", "\"W\"", "\u0141ucja", "W|9"]


def package(seed, ids, shown):
    """The package's tickets, one an id, and the places of the first ids in its order."""
    order = sampler(ids, seed=seed, take=shown, output="id") if shown else []
    places = {one: place for place, one in enumerate(ids)}
    return [first_fraction(one, seed) for one in ids], [places[one] for one in order]


def frame(number, chance):
    """One random cycle and what the package draws of it."""
    dice = " ".join(f"{chance.randrange(100_000):05}" for _ in range(4))
    cycle = chance.choice(["2026-C3", "2027 \u00e9t\u00e9", "\"C\",1", "\U0001f340", "7"])
    most = chance.choice([1, 2, 4, 6])
    names = ["C"] if chance.random() < 0.5 else []
    names += ["D/" + name for name in chance.sample(REVIEWERS, chance.choice([0, 0, 1, 2]))]
    names += ["S/" + name for name in chance.sample(SERVICES, chance.randint(0 if names else 1, most))]
    largest = chance.choice([1, 3, 3, 5, 9, 9, 30])
    numbers = iter(chance.sample(range(10_000), 2_000))
    strata = {}
    for name in sorted(names, key=str.encode):
        strata[name] = [chance.choice(SPELLINGS)(next(numbers)) for _ in range(chance.randint(1, largest))]
    everybody = sum(map(len, strata.values()))
    design = {
        "sample_size": chance.choice([0, 1, everybody // 2, everybody, everybody + 9]),
        "minimum_per_service": chance.choice([0, 0, 1, 1, 3]),
        "reserves": chance.choice([0, 1, 2, 5]),
    }
    seed, tickets, groups = f"{dice}|{cycle}", [], []
    for name, n in allocate(strata, design).items():
        ids = strata[name]
        own, order = package(seed, ids, n + design["reserves"])
        tickets += own
        # Of each ticket the first twenty digits; all of them are in the frame's hash.
        groups.append({"name": name, "n": n, "ids": ids, "order": order, "digits": [one[2:22] for one in own]})
    everything = hashlib.sha256("\n".join(tickets).encode()).hexdigest()
    return {"number": number, "seed": seed} | design | {"groups": groups, "tickets": everything}


def frames():
    """Two hundred cycles, a line each."""
    chance = random.Random(20261124)
    for number in range(FRAMES):
        yield frame(number, chance)


def ask():
    """Answers `{"seed", "ids", "shown"}` with the tickets and the order, a line each."""
    for line in sys.stdin:
        question = json.loads(line)
        tickets, order = package(question["seed"], question["ids"], question["shown"])
        yield {"tickets": tickets, "order": order}


if __name__ == "__main__":
    sys.stdin.reconfigure(encoding="utf-8")
    sys.stdout.reconfigure(encoding="utf-8")
    for said in {"frames": frames, "ask": ask}[sys.argv[1]]():
        print(json.dumps(said, ensure_ascii=False, separators=(",", ":")))
