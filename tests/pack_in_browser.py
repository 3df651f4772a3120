#!/usr/bin/env python3
"""Looks at a consistency pack as its readers do: in a browser, on paper, in a spreadsheet.

usage: pack_in_browser.py FOLDER        # with pack.html, pack.xlsx, pack.csv and pack.json, as the demo leaves them

    pip install openpyxl pypdf && pip install --no-deps axe-playwright-python    # for its axe.min.js
    and chromium

Prints what it saw, or every fault; exit status 0 or 1. Nothing is skipped: what cannot be looked at is a fault.
"""
import base64, csv, importlib.util, json, os, pathlib, re, shutil, subprocess, sys, tempfile

import openpyxl
import pypdf

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
# Columns that say on how many a row's figures rest.
RESTS_ON = {"Items", "Grades", "Moderated", "Of", "All", "Episodes", "Moderations", "Drawn", "Episodes to moderate"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
faults = []


def expect(right, what):
    if not right:
        faults.append(what)


def browse(page, *how):
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no chromium is here")
    with tempfile.TemporaryDirectory() as profile:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [browser, "--headless", "--disable-gpu", f"--user-data-dir={profile}", *sandbox, *how, page.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=180)


def accessible(page):
    """No violation of any rule that axe-core knows."""
    package = importlib.util.find_spec("axe_playwright_python")
    axe = pathlib.Path(package.submodule_search_locations[0], "axe.min.js").read_text(encoding="utf-8")
    run = "axe.run().then(found => { const all = document.createElement('pre'); all.id = 'axe-found';" \
          "all.textContent = btoa(unescape(encodeURIComponent(JSON.stringify({violations: found.violations," \
          "passes: found.passes.length})))); document.body.append(all); });"
    with tempfile.TemporaryDirectory() as place:
        probed = pathlib.Path(place, page.name)
        text = page.read_text(encoding="utf-8")
        probed.write_text(text.replace("</body>", f"<script>{axe}</script><script>{run}</script></body>"), encoding="utf-8")
        said = browse(probed, "--virtual-time-budget=30000", "--dump-dom")
    found = re.search(r'<pre id="axe-found">([^<]*)</pre>', said.stdout)
    if not found:
        faults.append(f"{page.name}: axe gave no answer: {said.stderr[-300:]}")
        return
    answer = json.loads(base64.b64decode(found[1]))
    expect(answer["passes"] > 10, f"{page.name}: axe looked at next to nothing")
    for one in answer["violations"]:
        where = "; ".join(node["html"][:120] for node in one["nodes"][:3])
        faults.append(f"{page.name}: {one['id']} ({one['impact']}): {one['help']}: {where}")
    print(f"{page.name}: axe: {answer['passes']} rules passed, {len(answer['violations'])} violated")


def on_paper(page):
    """Two pages that are read, and the appendix from the third on; no page nearly empty."""
    with tempfile.TemporaryDirectory() as place:
        file = pathlib.Path(place, "pack.pdf")
        said = browse(page, "--no-pdf-header-footer", f"--print-to-pdf={file}")
        if not file.exists():
            faults.append(f"{page.name}: not printed: {said.stderr[-300:]}")
            return
        pages = [one.extract_text() for one in pypdf.PdfReader(file).pages]
    begins = [number for number, text in enumerate(pages, 1) if text.lstrip().startswith("Appendix")]
    expect(begins == [3], f"{page.name}: the appendix begins on page {begins} of {len(pages)}, not on page 3")
    for number, text in enumerate(pages, 1):
        expect(len(text) > 200, f"{page.name}: page {number} is nearly empty: {text!r}")
    print(f"{page.name}: printed on {len(pages)} pages, the appendix from page {begins}")


def in_a_spreadsheet(folder, pack):
    """The workbook opens, has a sheet for each section, and nothing in it is a formula; nor in the CSV."""
    book = openpyxl.load_workbook(folder / "pack.xlsx")
    keys = [section["key"] for section in pack["sections"]]
    expect(book.sheetnames == keys, f"pack.xlsx: sheets {book.sheetnames}, sections {keys}")
    cells = [cell for sheet in book for row in sheet for cell in row if cell.value is not None]
    for cell in cells:
        # openpyxl calls a formula `f`; a text that only looks like one is `s`.
        expect(cell.data_type in "sn", f"pack.xlsx: {cell.parent.title}!{cell.coordinate} is of kind {cell.data_type}")
    expect(len(cells) > 100, "pack.xlsx: next to nothing is in it")
    with open(folder / "pack.csv", encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    for number, line in enumerate(lines, 1):
        for cell in line:
            number_like = re.fullmatch(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", cell)
            expect(number_like or not cell.startswith(FORMULA), f"pack.csv:{number}: {cell!r} would run as a formula")
    print(f"pack.xlsx: {len(book.sheetnames)} sheets, {len(cells)} cells, no formula; pack.csv: {len(lines)} lines")


def with_their_number(pack):
    """Every row that holds a figure says on how many it rests."""
    figures = 0
    for section in pack["sections"]:
        for table in section["tables"]:
            names = [column["name"] for column in table["columns"]]
            counted = [at for at, name in enumerate(names) if name in RESTS_ON]
            for row in table["rows"]:
                kinds = [next(iter(cell)) for cell in row]
                own = sum(kind in ("count", "number", "share", "none") for kind in kinds)
                figures += own
                has = any(re.fullmatch("[0-9]+", str(next(iter(row[at].values())))) for at in counted)
                expect(not own or has, f"{section['key']}, {table['caption']}: no number of items: {row}")
    expect(figures > 50, "pack.json: next to no figures")
    print(f"pack.json: {figures} figures, each beside the number it rests on")


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    pack = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
    for page in sorted(folder.glob("*.html")):
        accessible(page)
    on_paper(folder / "pack.html")
    in_a_spreadsheet(folder, pack)
    with_their_number(pack)
    print("\n".join(faults) or "the pack is as its readers need it")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
