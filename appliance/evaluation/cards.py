"""A model card out of what evaluations have said, each as its `--json` wrote it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from appliance.errors import InputError
from appliance.evaluation.card_text import card_text
from appliance.evaluation.document import SCOPE, Acquired
from appliance.evaluation.said import NAMES, RATIOS
from appliance.evaluation.tried import ablated
from appliance.evaluation.way import VAN
from appliance.evaluation.words import acquired_in_words
from appliance.oversight.document import make_folder, write_text
from appliance.oversight.record.card import Card, Figure, Part
from engines.calibrated import calibrated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from appliance.vision.models import Detector, Encoder, Pack

    Document = Mapping[str, Any]

MEND: Final = "Give files that `lfr evaluate ... --json` wrote for this pack."
CALIBRATED: Final = "the calibration's threshold"
IN_FORCE: Final = (
    "In a deployment the threshold in force is the calibration's or a higher one: it rises with "
    "the list, so that false alerts stay as seldom as the authority allows; fewer are found then."
)
AGAIN: Final = "Measure it again, without --threshold."
UNTESTED: Final = "No independent body has tested these networks."
UNMEASURED: Final = "Of these networks nothing was measured here: the calibration is a guess."
TRIAL: Final = "For trying out only, never for the street."


def read_document(file: Path) -> Document:
    """Read what an evaluation has said.

    Raises:
        InputError: it cannot be read, or is something else.
    """
    try:
        document = json.loads(file.read_text("utf-8"))
        if isinstance(document, dict) and {"kind", "model"} <= document.keys():
            return document
    except OSError as error:
        raise InputError(f"{file.name} cannot be read: {error.strerror}.", mend=MEND) from None
    except (ValueError, RecursionError):
        pass
    raise InputError(f"{file.name} is no evaluation.", mend=MEND)


def make_card(pack: Pack, documents: Mapping[str, Document]) -> Card:
    """Make the card of a pack.

    Args:
        pack: Whose.
        documents: What evaluations have said, by the names of their files.

    Raises:
        InputError: one is of other networks, or of another version.
        SettingsError: the pack has no calibration.
    """
    calibration = calibrated(pack)
    for name, document in documents.items():
        _belongs(name, document, pack, calibration.threshold)
    try:
        told = [*documents.values()]
        return Card(
            pack=pack.name,
            title=pack.title,
            model_id=pack.model_id,
            street=pack.street,
            detector=_part(pack.detector, "any size"),
            encoder=_part(pack.encoder, f"{pack.encoder.side} x {pack.encoder.side} px"),
            threshold=calibration.threshold,
            floor=calibration.floor,
            measured=calibration.measured,
            calibration=" ".join(calibration.source.split()),
            measured_on=tuple(dict.fromkeys(_measured_on(told))),
            figures=tuple(_figures(told)),
            said=tuple(_said(told)),
            limits=tuple(_limits(pack, calibration.measured)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fault = f"An evaluation is of another version: {type(error).__name__}."
        raise InputError(fault, mend=MEND) from error


def _belongs(name: str, document: Document, pack: Pack, threshold: float) -> None:
    model = document["model"]
    if model.get("model_id") != pack.model_id:
        raise InputError(f"{name} is of other networks than {pack.name}.", mend=MEND)
    if "groups" in document and model.get("threshold") != threshold:
        raise InputError(f"{name} is of another threshold than the calibration's.", mend=AGAIN)


def write_card(card: Card, folder: Path) -> tuple[Path, Path]:
    """Write a card, for programs and for people.

    Raises:
        InputError: a file cannot be written.
    """
    make_folder(folder)
    files = folder / f"{card.pack}.json", folder / f"{card.pack}.md"
    write_text(files[0], card.model_dump_json(indent=2) + "\n")
    write_text(files[1], card_text(card))
    return files


def _part(network: Detector | Encoder, size: str) -> Part:
    feed = network.feed
    order = "blue first" if feed.bgr else "red first"
    means = ", ".join(f"{mean:g}" for mean in dict.fromkeys(feed.means))
    file = network.tensorrt
    return Part(
        name=file.name,
        sha256=file.sha256,
        fed=f"{size}, {order}, (0 to 255 - {means}) x {feed.scale:.4g}",
        licence=network.licence,
        caveat=network.caveat,
    )


def _measured_on(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        if "acquired" in document:
            yield from acquired_in_words(Acquired(**document["acquired"]))
            yield (
                f"Intervals of 95 % by bootstrap over subjects: {document['rounds']:,} rounds, "
                f"seed {document['seed']}. Words and rates as in ISO/IEC 19795-1."
            )


def _figures(documents: Sequence[Document]) -> Iterator[Figure]:
    for document in documents:
        result = document.get("result", {})
        match document["kind"]:
            case "verification":
                yield from _verified(result)
            case "identification":
                yield from _identified(result)
            case "ablation":
                yield from ablated(result)
            case _:
                pass
        for characteristic in _groups(document):
            yield from _grouped(characteristic)
        yield from _gaps_otherwise(document)


def _groups(document: Document) -> Sequence[Document]:
    """Give the groups of an evaluation; other ways of making a score are told of all alone."""
    return () if _way(document.get("result", {}))[0] else document.get("groups", ())


def _way(result: Document) -> tuple[str, str]:
    """Say for a program and for people how scores were made; nothing where as the van does."""
    way = {**asdict(VAN), **result.get("way", {})}
    name, label = "", ""
    if way["score"] != VAN.score:
        name, label = f":{way['score']}", f", plain {way['score']}"
    if way["shots"] != VAN.shots:
        name, label = f"{name}:{way['shots']}", f"{label}, {way['shots']} pictures fused"
    return name, label


def _verified(result: Document) -> Iterator[Figure]:
    for one in result["rates"]:
        if one["told"]:
            label = f"FNMR at FMR {one['fmr']:g}{_few(one, 'errors')}"
            yield _share(f"fnmr_at_fmr:{one['fmr']:g}", label, one["fnmr"])
    at = result["operating"]
    where = f"at {at['threshold']:.3f}, {CALIBRATED}"
    yield _share("fnmr", f"FNMR {where}", at["fnmr"])
    yield _rare("fmr", f"FMR {where}", at["fmr"])
    yield _share("frr", f"FRR {where}, failures to acquire counted", at["frr"])


def _identified(result: Document) -> Iterator[Figure]:
    name, label = _way(result)
    for row in result["rows"]:
        many = f"{row['images']} image{'s' if row['images'] > 1 else ''} of a subject{label}"
        of, key = f"list of {row['size']:,}, {many}", f"{row['size']}:{row['images']}{name}"
        yield _share(f"rank_one:{key}", f"Rank 1, {of}", row["rank_one"])
        for one in row["rates"]:
            if one["told"]:
                told = f"TPIR at FPIR {100 * one['fpir']:g} %, {of}{_few(one, 'strangers')}"
                yield _share(f"tpir_at_fpir:{one['fpir']:g}:{key}", told, one["tpir"])
        yield _share(f"tpir:{key}", f"TPIR at {CALIBRATED}, {of}", row["tpir"])
        yield _rare(f"fpir:{key}", f"FPIR at {CALIBRATED}, {of}", row["fpir"])


def _grouped(characteristic: Document) -> Iterator[Figure]:
    of = characteristic["name"]
    for metric in characteristic["metrics"]:
        word, name = NAMES[metric["name"]], metric["name"]
        make = _rare if name in RATIOS else _share
        for one in metric["rates"]:
            who = f"{of} {one['group']} ({one['subjects']:,} subjects)"
            label = f"{word} at {CALIBRATED}, {who}"
            yield make(f"{name}:{of}:{one['group']}", label, one["rate"])
        gap = metric["gap"]
        if gap and gap["value"] is not None:
            yield _gap(f"{name}_gap:{of}", f"{word}: {gap['first']} against {gap['second']}", gap)


def _gaps_otherwise(document: Document) -> Iterator[Figure]:
    """Tell how wide the gap in TPIR is where scores are made in another way than by the van."""
    result = document.get("result", {})
    name, label = _way(result)
    for characteristic in document.get("groups", ()) if name else ():
        for metric in characteristic["metrics"]:
            gap = metric["gap"]
            if metric["name"] == "tpir" and gap and gap["value"] is not None:
                size, of = result["counted"][0], characteristic["name"]
                told = f"TPIR: {gap['first']} against {gap['second']}, list of {size:,}{label}"
                yield _gap(f"tpir_gap:{of}{name}", told, gap)


def _gap(name: str, label: str, gap: Document) -> Figure:
    if gap["kind"] == "points":
        value, low, high = (_hundredfold(gap[key]) for key in ("value", "low", "high"))
        return Figure(name=name, label=label, value=value, low=low, high=high, unit="points")
    value, low, high = (_round(gap[key]) for key in ("value", "low", "high"))
    return Figure(name=name, label=label, value=value, low=low, high=high, unit="times")


def _share(name: str, label: str, estimate: Document) -> Figure:
    value, low, high = (_hundredfold(estimate[key]) for key in ("value", "low", "high"))
    return Figure(name=name, label=label, value=value, low=low, high=high)


def _rare(name: str, label: str, estimate: Document) -> Figure:
    value, low, high = (_round(estimate[key]) for key in ("value", "low", "high"))
    return Figure(name=name, label=label, value=value, low=low, high=high, unit="share")


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")


def _few(one: Document, what: str) -> str:
    return f", on fewer than 30 {what}" if one["few"] else ""


def _said(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        yield from document.get("told", ())
        for characteristic in _groups(document):
            yield from characteristic["said"]


def _limits(pack: Pack, measured: bool) -> Iterator[str]:
    yield UNTESTED
    yield SCOPE
    yield IN_FORCE
    if not measured:
        yield UNMEASURED
    if not pack.street:
        yield TRIAL
