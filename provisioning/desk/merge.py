"""All shards of a list, gathered: looked at as a whole, then sealed for one van."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from appliance.domain.watchlist import Head
    from provisioning.desk.rows import Row


@dataclass(frozen=True)
class Sealed:
    """A bundle for one van, as it lies there: the figures of its Promise."""

    sha256: str
    """Of the ciphertext."""
    bytes: int
    plain_bytes: int
    subjects: int
    templates: int


@dataclass(frozen=True)
class Enrolled:
    """Everybody who can be put on the list."""

    model_id: str
    references: Sequence[str] = field(repr=False)
    """(S,)."""
    templates: npt.NDArray[np.float16] = field(repr=False)
    """(N, D), rows of length 1."""
    owners: npt.NDArray[np.int32] = field(repr=False)
    """(N,): which subject each row is of, in order."""

    def rows(self) -> Iterator[Row]:
        """Give every row of the report, in the table's order; thumbnails are read as they come."""
        raise NotImplementedError

    def seal(
        self,
        head: Head,
        recipients: Sequence[str],
        into: Path,
        commit: Callable[[str], bytes],
        leave_out: Collection[int] = (),
    ) -> Sealed:
        """Write the bundle, encrypted, one array after the other.

        Args:
            head: What holds for the whole list.
            recipients: The van's and the desk's, of this list alone.
            into: The file that it becomes.
            commit: Makes the 32 bytes by which the public log knows a reference.
            leave_out: Subjects that are quarantined.

        Raises:
            InputError: nobody is left, an entry is not lawful, or a shard has changed.
        """
        raise NotImplementedError
