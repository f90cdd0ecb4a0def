"""The redress code: what a person who was stopped takes along, to ask about exactly that alert.

Ten characters of Crockford's alphabet, which has no letter that looks like a digit. The last one
checks the others: seen as a polynomial over the field of 32 elements, the code is zero at a
generator of that field, so one wrong character, or any two that have changed places, show.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from appliance.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 10, 5
BITS = 5
SIGNS = re.compile("[/=?#&]")
"""Before a code at the end of an address."""
REDUCING = 0b100101
"""x^5 + x^2 + 1, of which x is a generator."""
_LOOKALIKES = str.maketrans("OIL", "011", "- ")
_MEND = "Read it again from the slip: ten letters and digits in two groups."


def code(alert_id: str) -> str:
    """Give an alert's code. It says nothing of the alert to whoever does not hold it."""
    number = int.from_bytes(hashlib.sha256(alert_id.encode()).digest(), "big")
    signs = [number >> BITS * place & 31 for place in range(LENGTH - 1)]
    return _spell([*signs, _rest([*signs, 0])])


def parse(text: str) -> str:
    """Read a code as somebody typed it: in small letters, without the dash, O for 0, I or L for 1.

    A whole address is read as well, as the slip's QR holds it with the code at its end.

    Raises:
        InputError: it has a slip of the pen.
    """
    text = SIGNS.split(text)[-1] if "://" in text else text
    plain = text.upper().translate(_LOOKALIKES) if text.isascii() else ""
    signs = [ALPHABET.find(sign) for sign in plain]
    if len(signs) != LENGTH or -1 in signs:
        raise InputError("That is no code of a slip.", mend=_MEND)
    if _rest(signs):
        raise InputError("The code has a slip of the pen.", mend=_MEND)
    return _spell(signs)


def _rest(signs: Iterable[int]) -> int:
    """Evaluate at x, by Horner's rule."""
    value = 0
    for sign in signs:
        value <<= 1
        value ^= (REDUCING if value >> BITS else 0) ^ sign
    return value


def _spell(signs: Iterable[int]) -> str:
    spelt = "".join(ALPHABET[sign] for sign in signs)
    return f"{spelt[:GROUP]}-{spelt[GROUP:]}"
