"""Writes what public statistics packages say of random tables of grades, for tests/consistency to be compared with.

    python3 -m venv A && A/bin/pip install scikit-learn statsmodels krippendorff
    python3 -m venv B && B/bin/pip install irrCAC
    B/bin/python tests/consistency/reference.py irr > irr.json
    A/bin/python tests/consistency/reference.py irr.json > tests/consistency/reference.json

irrCAC needs an environment of its own: it pins old versions. A number that a package cannot give stands as null.
"""

import json
import random
import sys
import warnings

GRADES = 4
warnings.simplefilter("ignore")


def tables():
    """Sixty tables: sparse and full, empty grades, one constant rater, one item."""
    chance = random.Random(20261123)
    found = [[[3, 1, 0, 0], [2, 9, 2, 0], [0, 5, 15, 1], [0, 0, 3, 4]]]
    for number in range(50):
        most = chance.choice([1, 2, 4, 9, 30])
        table = [[chance.randint(0, most) for _ in range(GRADES)] for _ in range(GRADES)]
        if number % 5 == 1:
            empty = chance.randrange(GRADES)
            for at in range(GRADES):
                table[at][empty] = table[empty][at] = 0
        if number % 5 == 3:
            for at in range(GRADES):
                table[at][at] += chance.randint(5, 40)
        if sum(map(sum, table)) == 0:
            table[2][1] = 1
        found.append(table)
    constant = [[0] * GRADES for _ in range(GRADES)]
    constant[2] = [1, 3, 9, 2]
    found.append(constant)
    found.append([[0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 12, 0], [0, 0, 0, 0]])
    found.append([[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]])
    found.append([[4, 0, 0, 0], [0, 5, 0, 0], [0, 0, 6, 0], [0, 0, 0, 7]])
    found.append([[0, 0, 0, 0], [0, 0, 1, 0], [0, 1, 18, 0], [0, 0, 0, 0]])
    found.append([[0, 3, 0, 0], [2, 0, 0, 0], [0, 0, 0, 5], [0, 0, 1, 0]])
    return found


def gapped():
    """Sixty sets of items graded by two to five people, with gaps."""
    chance = random.Random(4711)
    found = []
    for number in range(60):
        people, items = chance.randint(2, 5), chance.randint(2, 25)
        gaps = chance.choice([0, 0.1, 0.4, 0.7])
        centre = [chance.randrange(GRADES) for _ in range(items)]
        ratings = []
        for item in range(items):
            row = []
            for _ in range(people):
                near = min(GRADES - 1, max(0, centre[item] + chance.choice([-1, 0, 0, 0, 1, 2])))
                row.append(None if chance.random() < gaps else (2 if number % 15 == 7 else near))
            ratings.append(row)
        found.append(ratings)
    return found


def finite(value):
    """The number, or null if it is none."""
    value = float(value)
    return value if value == value and abs(value) != float("inf") else None


def pairs_of(table):
    """The two grades of every item of a table."""
    return [(a, b) for a in range(GRADES) for b in range(GRADES) for _ in range(table[a][b])]


def gwet(rows, people):
    """AC1 and AC2 with their standard errors, by irrCAC."""
    import pandas
    from irrCAC.raw import CAC

    said = {}
    for weights in ("identity", "linear", "quadratic", "ordinal"):
        try:
            frame = pandas.DataFrame([[None if v is None else v + 1.0 for v in row] for row in rows], columns=range(people), dtype=float)
            measure = CAC(frame, weights=weights, categories=[1, 2, 3, 4], digits=12)
            estimate = measure.gwet()["est"]
            said[weights] = [finite(estimate["coefficient_value"]), finite(estimate["se"])]
        except (ZeroDivisionError, ValueError, KeyError):
            said[weights] = None
    return said


def irr():
    """Everything irrCAC says."""
    return {
        "tables": [gwet(pairs_of(table), 2) for table in tables()],
        "gapped": [gwet(rows, len(rows[0])) for rows in gapped()],
    }


def alpha(rows, people):
    """Krippendorff's alpha on three levels."""
    import krippendorff
    import numpy

    data = numpy.array([[numpy.nan if row[person] is None else row[person] for row in rows] for person in range(people)], dtype=float)
    said = {}
    for level in ("nominal", "ordinal", "interval"):
        try:
            said[level] = finite(krippendorff.alpha(data, value_domain=list(range(GRADES)), level_of_measurement=level))
        except ValueError:
            said[level] = None
    return said


def of_table(table):
    """What scikit-learn and statsmodels say of one table."""
    import numpy
    from sklearn.metrics import cohen_kappa_score
    from statsmodels.stats.contingency_tables import SquareTable
    from statsmodels.stats.inter_rater import cohens_kappa
    from statsmodels.stats.proportion import proportion_confint

    items = pairs_of(table)
    firsts, seconds = [a for a, _ in items], [b for _, b in items]
    said = {"table": table}
    for name, kind in (("identity", None), ("linear", "linear"), ("quadratic", "quadratic")):
        one = finite(cohen_kappa_score(firsts, seconds, labels=range(GRADES), weights=kind))
        with numpy.errstate(all="ignore"):
            results = cohens_kappa(numpy.array(table), wt=kind)
            other, error = finite(results.kappa), finite(results.std_kappa) if results.var_kappa >= 0 else 0.0
        if one is not None and other is not None and abs(one - other) > 1e-12:
            raise SystemExit(f"the packages differ on {table}: {one} {other}")
        said[name] = [other, error] if other is not None else None
    exact = sum(table[a][a] for a in range(GRADES))
    low, high = proportion_confint(exact, len(items), alpha=0.05, method="wilson")
    said["wilson"] = [float(low), float(high)]
    square = SquareTable(numpy.array(table, dtype=float), shift_zeros=False)
    symmetry = square.symmetry()
    said["bowker"] = [finite(symmetry.statistic), finite(symmetry.df), finite(symmetry.pvalue)]
    used = [g for g in range(GRADES) if any(table[g][o] or table[o][g] for o in range(GRADES))]
    margins = SquareTable(numpy.array(table, dtype=float)[numpy.ix_(used, used)], shift_zeros=False).homogeneity()
    said["stuart_maxwell"] = [finite(margins.statistic), finite(margins.df), finite(margins.pvalue)]
    said["alpha"] = alpha(items, 2)
    return said


def severities():
    """Random effects of reviewers on balanced data, by REML."""
    import numpy
    import pandas
    from statsmodels.regression.mixed_linear_model import MixedLM

    chance = numpy.random.default_rng(99)
    found = []
    while len(found) < 8:
        people, each = int(chance.integers(4, 9)), int(chance.integers(5, 12))
        own = chance.normal(0, 1, people)
        rows = [(f"R{p}", float(round(own[p] + chance.normal(0, 0.6)))) for p in range(people) for _ in range(each)]
        frame = pandas.DataFrame(rows, columns=["reviewer", "difference"])
        model = MixedLM.from_formula("difference ~ 1", groups="reviewer", data=frame).fit(reml=True)
        if model.cov_re.iloc[0, 0] < 1e-4:
            continue
        effects = {name: float(effect.iloc[0]) for name, effect in model.random_effects.items()}
        found.append({"rows": rows, "effects": effects})
    return found


def main():
    """With `irr`, what irrCAC says; with its file, everything."""
    if sys.argv[1] == "irr":
        print(json.dumps(irr()))
        return
    with open(sys.argv[1], encoding="utf-8") as file:
        theirs = json.load(file)
    said = {"tables": [], "gapped": [], "severities": severities()}
    for table, own in zip(tables(), theirs["tables"], strict=True):
        said["tables"].append(of_table(table) | {"gwet": own})
    for rows, own in zip(gapped(), theirs["gapped"], strict=True):
        said["gapped"].append({"ratings": rows, "alpha": alpha(rows, len(rows[0])), "gwet": own})
    json.dump(said, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
