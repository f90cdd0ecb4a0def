"""The watchlist's templates in GPU memory. The outline; its bodies come with the Jetson work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.jetson.array import unwritten

if TYPE_CHECKING:
    from appliance.domain.face import Floats, Ints


class Gallery:
    """Every row is compared: an approximate index would lose a wanted person silently."""

    def load(self, templates: Floats) -> None:
        """Replace everything by (N, D) rows of length 1."""
        raise unwritten("gallery")

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """Find the best rows of each probe, best first; see `machine.Gallery`."""
        raise unwritten("gallery")

    def erase(self) -> None:
        """Overwrite every template with zeros and forget them."""
        raise unwritten("gallery")
