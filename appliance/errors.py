"""The errors of the appliance; each carries advice for a person.

ApplianceError
├── SettingsError   the settings are wrong: exit 78, systemd does not restart
├── MachineError    camera, GPU or network file failed: exit 1, systemd restarts
├── TrustError      a list or an authority is not to be believed: keep what is held
├── LapsedError     the authority or the list has ended: stop matching at once
└── InputError      a picture, film, bundle or message was refused: nothing held is lost

Catch by family, at the border only. No message ever names a person.
"""

from __future__ import annotations

from typing import ClassVar


class ApplianceError(Exception):
    """Something a person can mend.

    Args:
        what: One sentence: what is wrong, and which file or field.
        mend: One sentence: what to do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, mend: str) -> None:
        super().__init__(what)
        self.mend = mend

    def advice(self) -> str:
        """Say in one line what is wrong and what to do."""
        return f"{self} {self.mend}"


class SettingsError(ApplianceError):
    """The settings cannot be used."""

    exit_code = 78


class MachineError(ApplianceError):
    """A camera, a processor or a network file failed."""


class TrustError(ApplianceError):
    """A signature, an age or a promise of a signed thing does not hold."""

    exit_code = 77


class LapsedError(ApplianceError):
    """The authority or the list has ended, or has not begun."""

    exit_code = 75


class InputError(ApplianceError):
    """Something that came from outside is unusable."""

    exit_code = 65
