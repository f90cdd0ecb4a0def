"""Which ways of making a score are tried beside each other; the first of a part is plain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from appliance.evaluation.way import Way


@dataclass(frozen=True)
class Attempt:
    """A way of making a score, and what it is called."""

    name: str
    way: Way
    key: str = ""
    """For a program, of one that cards and pages tell of; else nothing."""

    @property
    def van(self) -> bool:
        """Whether it is what the van does in such a part."""
        return self.key.endswith(":van")


@dataclass(frozen=True)
class Part:
    """So many images of each subject, so many shots of each passing, and what is tried on them."""

    title: str
    images: int
    shots: int
    attempts: tuple[Attempt, ...]
    aside: bool = False
    """Whether some people are set aside, who are neither listed nor pass."""


def _fused(shots: int) -> tuple[Attempt, ...]:
    return (
        Attempt("first shot alone, cosine", Way(score="cosine"), f"{shots}:first"),
        Attempt("first shot alone, crowding", Way()),
        Attempt("one template", Way(shots, score="cosine"), f"{shots}:alike"),
        Attempt("best of the scores", Way(shots, "best", score="cosine"), f"{shots}:best"),
        Attempt("mean of the scores", Way(shots, "mean", score="cosine")),
        Attempt("first and all (two-shot rule)", Way(shots, "twice", score="cosine")),
        Attempt(
            "each by itself (two-shot rule)", Way(shots, "each", score="cosine"), f"{shots}:each"
        ),
        Attempt("one template by quality", Way(shots, score="cosine", weighs=True)),
        Attempt("one template, crowding", Way(shots)),
        Attempt(
            "one template by quality, crowding (the van's)",
            Way(shots, weighs=True),
            f"{shots}:van",
        ),
        Attempt("one template, crowding, list mirrored", Way(shots, mirror="list")),
        Attempt("one template, both sides less usual", Way(shots, score="both")),
        Attempt("one template, margin to the next subject", Way(shots, score="margin")),
    )


def _normalised(shots: int) -> tuple[Attempt, ...]:
    return (
        Attempt("cosine", Way(shots, score="cosine"), f"aside:{shots}:first"),
        Attempt("crowding of the entry (the van's)", Way(shots), f"aside:{shots}:van"),
        Attempt("z-norm", Way(shots, score="z-norm")),
        Attempt("t-norm", Way(shots, score="t-norm")),
        Attempt("s-norm", Way(shots, score="s-norm"), f"aside:{shots}:s"),
        Attempt("adaptive s-norm", Way(shots, score="adaptive s-norm"), f"aside:{shots}:adaptive"),
        Attempt("adaptive, without its spread", Way(shots, score="adaptive means")),
    )


PARTS: Final = (
    Part(
        "One shot, one image",
        1,
        1,
        (
            Attempt("cosine", Way(score="cosine"), "1:first"),
            Attempt("crowding of the entry (the van's)", Way(), "1:van"),
            Attempt("both sides less usual", Way(score="both")),
            Attempt("adaptive s-norm by the list", Way(score="list s-norm")),
            Attempt("margin to the next subject", Way(score="margin"), "1:margin"),
            Attempt("list mirrored, cosine", Way(score="cosine", mirror="list")),
            Attempt("list mirrored, crowding", Way(mirror="list")),
            Attempt(
                "list and shot mirrored, cosine", Way(score="cosine", mirror="all"), "1:mirror"
            ),
            Attempt("list and shot mirrored, crowding", Way(mirror="all")),
        ),
    ),
    Part("Two shots", 1, 2, _fused(2)),
    Part("Three shots", 1, 3, _fused(3)),
    Part("One shot, normalised by people set aside", 1, 1, _normalised(1), aside=True),
    Part("Two shots, normalised by people set aside", 1, 2, _normalised(2), aside=True),
    Part(
        "Three images of each subject",
        3,
        1,
        (
            Attempt(
                "first image alone, cosine", Way(images="first", score="cosine"), "images:first"
            ),
            Attempt(
                "best of the images, cosine", Way(images="best", score="cosine"), "images:best"
            ),
            Attempt("mean of their scores, cosine", Way(images="scores", score="cosine")),
            Attempt("one template of the images, cosine", Way(score="cosine")),
            Attempt("best of the images, crowding", Way(images="best")),
            Attempt("one template of the images, crowding (the van's)", Way(), "images:van"),
        ),
    ),
)
