"""The prediction as a page that stands in README.md, and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engines.roofline import JETSONS, predict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from engines.roofline import Prediction, Work

TITLE = "Predicted, until someone measures"
STREAMS = ("Jetson", "networks", "cameras", "GPU", "memory", "decoder", "Python", "ends first")
STAGES = ("letterbox", "detector", "warp", "encoder", "search", "copies", "erase")


def predictions(works: Iterable[Work]) -> list[Prediction]:
    """Predict for every Jetson with every pack."""
    return [predict(work, limits) for work in works for limits in JETSONS]


def page(given: Sequence[Prediction]) -> str:
    """Write the two tables in Markdown: what ends first, and what each stage takes."""
    carried = [
        [p.machine, p.pack, _whole(p.streams), *map(_whole, p.cameras.values()), p.first]
        for p in given
    ]
    times = [
        [p.machine, p.pack, *(_ms(p.stages_ms[stage]) for stage in STAGES), _ms(p.look_ms)]
        for p in given
    ]
    looks = ("Jetson", "networks", *STAGES, "a look")
    return f"{_table(STREAMS, carried)}\n\n{_table(looks, times)}\n"


def document(given: Iterable[Prediction]) -> dict[str, object]:
    """Write it down for a program: `title`, and `predictions`, each range careful first."""
    return {"title": TITLE, "predictions": [_entry(prediction) for prediction in given]}


def _entry(p: Prediction) -> Mapping[str, object]:
    return {
        "machine": p.machine,
        "pack": p.pack,
        "cameras": list(p.streams),
        "ends_first": p.first,
        "carried": {name: list(cameras) for name, cameras in p.cameras.items()},
        "stages_ms": {name: [round(ms, 4) for ms in of] for name, of in p.stages_ms.items()},
    }


def _table(headings: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [list(headings)]
    lines += [["---"] * 2 + ["---:"] * (len(lines[0]) - 2), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _whole(span: tuple[int, int]) -> str:
    careful, hopeful = span
    return str(careful) if careful == hopeful else f"{careful} to {hopeful}"


def _ms(span: tuple[float, float]) -> str:
    careful, hopeful = span
    return f"{hopeful:.2f} to {careful:.2f}"
