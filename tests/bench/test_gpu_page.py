"""The page of a GPU's bench carries every figure, needs nothing else, and shows nobody."""

import json
from dataclasses import dataclass
from html.parser import HTMLParser

from appliance.bench import gpu
from appliance.bench.gpu import Wishes
from appliance.bench.page import STAND_IN, page
from appliance.bench.screen import show
from tests.bench.gpus import gaps, quiet

VOID = {"meta"}


@dataclass
class Reader(HTMLParser):
    """Reads a page as a browser does, and minds that what is opened is closed."""

    def __post_init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href", "action", "data"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def figures(thing):
    """Every number in a document."""
    match thing:
        case dict():
            return [n for inner in thing.values() for n in figures(inner)]
        case list():
            return [n for inner in thing for n in figures(inner)]
        case bool() | str() | None:
            return []
    return [thing]


def bench_of(name, document):
    return {**document, "machine": name, "gpu": gpu.NOT_A_GPU not in name}


def test_what_only_pretends_to_be_a_gpu_is_said_to(document):
    assert document["gpu"] is False
    assert STAND_IN in page(document)
    true = bench_of("NVIDIA H100 80GB HBM3", document)
    assert STAND_IN not in page(true)


def test_the_page_carries_every_figure(document):
    document["pipeline"] = [
        {"looks": "15 a second", "fps": 51.25, "idle_w": None, "joules_a_frame": 0.125}
    ]
    document["capture"] = {"width": 1920, "read_ms": {"median": 1.0625}, "missed": 3}
    shown = " ".join(read(page(document)).texts)
    for number in figures(document):
        assert str(number) in shown
    for gap in document["not_measured"]:
        assert gap["reason"] in shown


def test_the_page_needs_nothing_else(document):
    text = page(document)
    reader = read(text)
    assert reader.links == []
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(reader.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "svg" in reader.tags
    for part in ("prefers-color-scheme: dark", "@media print", 'charset="utf-8"'):
        assert part in text


def test_nothing_that_a_machine_says_of_itself_becomes_a_part_of_the_page(document):
    document = bench_of("<script>alert(1)</script>", document)
    document["facts"]["module"] = '"><img src=x>'
    assert not {"script", "img"} & set(read(page(document)).tags)


def test_neither_the_film_nor_the_camera_nor_a_face_is_in_it(measure, film_file):
    document = measure(film=film_file, camera="rtsp://officer:hunter2@mast/1")
    both = json.dumps(document) + page(document)
    assert gaps(document, "missing")["pipeline"].startswith("There are no networks")
    for secret in ("hunter2", film_file.name, str(film_file.parent), "data:image"):
        assert secret not in both
    assert "hunter2" not in repr(Wishes(camera="rtsp://officer:hunter2@mast/1"))


def test_a_person_can_read_it(document):
    document["stages"][0]["held"] = False
    document["pipeline"] = [{"looks": "every frame", "fps": 51.25, "joules_a_frame": None}]
    document["capture"] = {"missed": 3}
    console = quiet()
    show(document, console)
    shown = console.file.getvalue()
    for word in ("letterbox", "search", "missing: detector", "51.25", "not measured", "missed"):
        assert word in shown
    assert " *" in shown
