"""Why a van does not believe what it was sent: one error for each way, each with advice."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from pydantic import ValidationError
from tuf.api.exceptions import (
    BadVersionNumberError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)

from appliance.domain.watchlist import MEND, Part
from appliance.errors import InputError, MachineError, TrustError

if TYPE_CHECKING:
    from collections.abc import Generator

P = TypeVar("P", bound=Part)
PATH: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
STRANGE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a library may raise over a document that was made to upset it."""


class RollbackError(TrustError):
    """It is older than what this van has already seen."""


class StaleError(TrustError):
    """It has expired: whoever offers it keeps newer files back, or has none."""


class SignatureError(TrustError):
    """Too few of those who count have signed it."""


class MismatchError(TrustError):
    """It has not the length and the hash that were signed."""


class OversizeError(TrustError):
    """It is longer than was signed or than anything of its kind may be."""


class DamagedError(TrustError):
    """It is no document of its kind."""


class MissingError(TrustError):
    """It is promised and not there."""


class RootError(TrustError):
    """The root would let one person alone decide."""


class ForeignError(TrustError):
    """It was made for another van."""


class PairError(TrustError):
    """The authority and the list do not belong together."""


class EncoderError(TrustError):
    """The templates are of another encoder than the van's."""


class ClockError(TrustError):
    """The van's clock is behind what has been signed or seen."""


class PlaceError(TrustError):
    """The files come in a way that nobody who means well would choose."""


class UnreachableError(MachineError):
    """Nobody answers: what is held stays in force while it is valid."""

    exit_code = 69


class SlowError(UnreachableError):
    """Somebody answers, but not in a time that anybody would wait."""


class BusyError(MachineError):
    """Another update is running: exit 75, EX_TEMPFAIL."""

    exit_code = 75


class SpaceError(MachineError):
    """The disk is full."""


@contextmanager
def refusing(name: str) -> Generator[None]:
    """Turn what python-tuf raises over a file into one of ours."""
    try:
        yield
    except BadVersionNumberError:
        raise RollbackError(
            f"{name} is older than what this van has seen.",
            mend="Publish the newest files again; if a server offers old ones, find out why.",
        ) from None
    except ExpiredMetadataError:
        raise StaleError(
            f"{name} has expired.", mend="Have the desk publish again, and take the files from it."
        ) from None
    except UnsignedMetadataError:
        raise SignatureError(
            f"{name} has too few signatures that count.",
            mend="Have it signed by those whom the van's root names.",
        ) from None
    except LengthOrHashMismatchError:
        raise _mismatch(name) from None
    except (RepositoryError, *STRANGE):
        raise DamagedError(
            f"{name} is no document of its kind.", mend="Publish it again."
        ) from None


def _mismatch(name: str) -> MismatchError:
    return MismatchError(
        f"{name} is not the file that was signed.",
        mend="Publish it again; if it is whole there, find out who changes it on the way.",
    )


def missing(name: str) -> MissingError:
    """Say that a file is not where it should be."""
    return MissingError(f"{name} is promised and not there.", mend="Publish it again.")


def require_path(path: str) -> None:
    """Refuse a path that could lead out of a repository.

    Raises:
        PlaceError: it could.
    """
    if not PATH.fullmatch(path):
        raise PlaceError("A file's name is none that the desk gives.", mend="Publish it again.")


def parse(part: type[P], data: bytes, name: str) -> P:
    """Read a piece of a signed document from JSON.

    Raises:
        InputError: it is not one, or says something twice.
    """
    try:
        json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_number)
        return part.model_validate_json(data)
    except ValidationError as error:
        raise refusal(error, name) from None
    except (ValueError, RecursionError):
        raise InputError(
            f"{name} is not JSON, or says something twice.", mend="Have the desk make it again."
        ) from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Two readers of one document must not be able to read two things in it.
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _no_number(_: str) -> NoReturn:
    raise ValueError


def refusal(error: ValidationError, name: str) -> InputError:
    """Name the field that is wrong, and never what stood in it."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    # The name of an unknown field was chosen by a stranger, and may be a person's.
    known = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
    field = ".".join(map(str, known)) or "as a whole"
    return InputError(f"{name}, {field}: {first['msg']}.", mend=MEND)
