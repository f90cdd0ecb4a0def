"""The page that a person with a Jetson can send back: one file, no scripts, nobody in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Cell = str | int | float | Element | None
STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #c9d1d9; --bar: #2f6f4f;
  --warn: #8a1c1c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --paper: #14171a; --line: #3a4148; --bar: #6fbf95; --warn: #ff9a9a; } }
@media print { :root { --ink: #000; --paper: #fff; --line: #999; --bar: #444; --warn: #000; }
  section { break-inside: avoid; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .6rem .2rem 0; text-align: left; }
td:first-child, th:first-child { width: 32%; }
svg { width: 9rem; height: .8rem; } rect { fill: var(--bar); }
line { stroke: var(--ink); stroke-dasharray: 2 2; }
.banner { border: 3px solid var(--warn); color: var(--warn); padding: .6rem; font-weight: bold; }
"""
FULL = 110.0
"""Width of a bar's field; 100 is all of the yardstick."""
STAND_IN = "This is not a GPU but a stand-in: its times mean nothing."
WAITED = "the GPU waited for the computer"
PRIVATE = (
    "This page has been made by lfr bench gpu. It contains names and versions of the machine and "
    "figures, no picture, no face, no list and no address: you may send it to whoever asks for it."
)
HEADINGS = (
    "case", "GPU, ms", "least", "most", "caller, ms", "least", "most", "MB", "share of a copy", "",
)  # fmt: skip


def page(document: Mapping[str, Any]) -> str:
    """Write a bench's document as HTML that needs no other file.

    Args:
        document: From `gpu.bench`.
    """
    root = Element("html", lang="en")
    head = SubElement(root, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", f"lfr bench gpu: {document['machine']}")
    _add(head, "style", STYLE)
    body = SubElement(root, "body")
    for section in _sections(document):
        body.append(section)
    _add(body, "p", PRIVATE)
    return f"<!doctype html>\n{tostring(root, encoding='unicode', method='html')}\n"


def _sections(document: Mapping[str, Any]) -> Iterator[Element]:
    yield _head(document)
    yield _part("Machine", _table(("", ""), document["facts"].items()))
    copied = [(name, value) for name, value in document["copy_gb_s"].items()]
    yield _part("A copy within its memory, GB read and written a second", _table(("", ""), copied))
    lines = document["stages"]
    for stage in dict.fromkeys(line["stage"] for line in lines):
        rows = [_row(line) for line in lines if line["stage"] == stage]
        yield _part(stage, _table(HEADINGS, rows))
    for played in document["pipeline"]:
        yield _part(f"Pipeline, {played['looks']}", _table(("", ""), _flat(played)))
    if document["capture"]:
        yield _part("Capture", _table(("", ""), _flat(document["capture"])))
    gaps = [(gap["stage"], gap["kind"], gap["reason"]) for gap in document["not_measured"]]
    yield _part("Not measured", _table(("stage", "", "why"), gaps))


def _head(document: Mapping[str, Any]) -> Element:
    head = Element("header")
    _add(head, "h1", f"{document['machine']}: {document['bench']}")
    if not document["gpu"]:
        SubElement(head, "p", {"class": "banner"}).text = STAND_IN
    wrong = [gap["stage"] for gap in document["not_measured"] if gap["kind"] == "wrong"]
    if wrong:
        told = f"Wrong results: {', '.join(wrong)}. Their speed is worth nothing."
        SubElement(head, "p", {"class": "banner"}).text = told
    about = [f"version {document['version']}", document["date"], f"{document['runs']} runs each"]
    if document["pack"]:
        about.append(document["pack"])
    _add(head, "p", "; ".join(about))
    _add(head, "p", document["note"])
    return head


def _row(line: Mapping[str, Any]) -> Sequence[Cell]:
    gpu, caller = (line[clock] or {} for clock in ("gpu_ms", "caller_ms"))
    times = [of.get(part) for of in (gpu, caller) for part in ("median", "least", "most")]
    name = line["case"] if line["held"] else f"{line['case']} ({WAITED})"
    bar = None if line["share"] is None else _bar(line["share"])
    return [name, *times, line["moved_mb"], line["share"], bar]


def _flat(part: Mapping[str, Any]) -> Iterator[tuple[str, Cell]]:
    for name, value in part.items():
        if isinstance(value, dict):
            yield from ((f"{name.replace('_', ' ')}: {key}", inner) for key, inner in value.items())
        else:
            yield name.replace("_", " "), value


def _bar(share: float) -> Element:
    bar = Element("svg", {"viewBox": f"0 0 {FULL:g} 10", "preserveAspectRatio": "none"})
    bar.set("role", "img")
    bar.set("aria-label", f"{share:.0%} of a copy")
    width = max(0.0, min(share * 100, FULL))
    SubElement(bar, "rect", x="0", y="1", width=f"{width:.1f}", height="8")
    SubElement(bar, "line", x1="100", x2="100", y1="0", y2="10")
    return bar


def _part(title: str, table: Element) -> Element:
    section = Element("section")
    _add(section, "h2", title)
    section.append(table)
    return section


def _table(headings: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Element:
    table = Element("table")
    if any(headings):
        top = SubElement(table, "tr")
        for heading in headings:
            _add(top, "th", heading)
    for row in rows:
        line = SubElement(table, "tr")
        for cell in row:
            _fill(SubElement(line, "td"), cell)
    return table


def _fill(place: Element, cell: Cell) -> None:
    if isinstance(cell, Element):
        place.append(cell)
    else:
        place.text = "" if cell is None else str(cell)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
