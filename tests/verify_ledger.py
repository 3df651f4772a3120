#!/usr/bin/env python3
"""Verifies an exported ledger without any of Greentick's code: `verify_ledger.py FILE [HEAD]`.

Each line is {"seq","prev","body","hash"}; hash = SHA-256(prev + "\\n" + canonical body), where canonical
means keys sorted, compact, UTF-8; the first prev is 64 zeros. HEAD, if given, must be some entry's hash.
Exit status: 0 whole, 1 broken (the entry is named), 2 usage.
"""
import hashlib
import json
import sys


def verify(lines, head=None):
    prev, seq, found = "0" * 64, 0, head is None
    for line in lines:
        seq += 1
        try:
            entry = json.loads(line)
            body = json.dumps(entry["body"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        except (ValueError, KeyError, TypeError):
            return seq, "is not an entry"
        if entry.get("seq") != seq:
            return seq, f"is missing; found {entry.get('seq')}"
        if entry.get("prev") != prev:
            return seq, "does not follow the entry before"
        if hashlib.sha256(f"{prev}\n{body}".encode()).hexdigest() != entry.get("hash"):
            return seq, "has a body that does not give its hash"
        prev = entry["hash"]
        found = found or prev == head
    if not found:
        return seq, "is the last, and the given head is not in the chain"
    print(f"whole: {seq} entries, head {prev}")
    return None


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], encoding="utf-8", newline="\n") as lines:
        fault = verify(lines, *arguments[1:])
    if fault is None:
        return 0
    print(f"broken: entry {fault[0]} {fault[1]}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
