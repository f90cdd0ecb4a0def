"""Where the settings come from: a TOML file, systemd credentials, environment, arguments.

What pydantic-settings passes over in silence (no file, a misspelt variable) is refused here, and
no value ever stands in an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, get_args

import pydantic_settings
from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from appliance.errors import SettingsError
from appliance.settings import Appliance

PREFIX: Final = "LFR_"
SETTINGS_FILE: Final = "LFR_SETTINGS"
"""The variable that names the file; like those of the desk, it is not a setting itself."""
OUTSIDE: Final = (
    SETTINGS_FILE, "LFR_MODELS", "LFR_DESK", "LFR_PASSPHRASE", "LFR_FUZZ_CASES", "LFR_FUZZ_SEED"
)  # fmt: skip
CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""Where systemd puts LoadCredential; a file `tablets__password` in it is `tablets.password`."""
DEFAULT_FILE: Final = Path("/etc/lfr/appliance.toml")
EXAMPLE: Final = "provisioning/appliance.toml"
MAX_BYTES: Final = 64_000

Step = str | int


# Appliance itself is no BaseSettings: what is built by hand must not look around, and a key such as
# `_env_file` in a hostile file would reach the constructor of one as an argument.
class _Outside(Appliance, BaseSettings):
    """The tree as pydantic-settings looks for it outside the file; nobody builds one."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__")


def load(file: Path | None = None, arguments: Mapping[str, object] | None = None) -> Appliance:
    """Read the settings; a later place wins: file, credentials, environment, arguments.

    Args:
        file: Where None, the file that $LFR_SETTINGS names, else /etc/lfr/appliance.toml.
        arguments: As nested as the tree, and only what was said.

    Raises:
        SettingsError: with the place, the field and the mend, in one line and without a value.
    """
    chosen = file or Path(os.environ.get(SETTINGS_FILE) or DEFAULT_FILE)
    _refuse_strangers()
    places = {str(chosen): _read(chosen), **_outside(), "the arguments": arguments or {}}
    values: dict[str, Any] = {}
    for place in places.values():
        values = _merge(values, place)
    try:
        return Appliance.model_validate(values)
    except ValidationError as error:
        # `from None`: pydantic's error holds the values.
        raise _refusal(error, places) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        if not file.is_file() or file.stat().st_size > MAX_BYTES:
            raise _error(f"{file}: there is no settings file.", f"Name one with {SETTINGS_FILE}.")
        return TomlConfigSettingsSource(_Outside, file).toml_data
    except OSError as error:
        what = f"{file}: cannot be read ({type(error).__name__})."
        raise _error(what, "Let the appliance's user read it.") from None
    except (ValueError, RecursionError) as error:
        # The library's sentence can hold a piece of a value; its place cannot.
        place = re.search(r"at line \d+, column \d+", str(error))
        where = f" {place[0]}" if place else ""
        raise _error(f"{file}: is not TOML{where}.", "Correct it there.") from None


def _outside() -> dict[str, Mapping[str, Any]]:
    folder = os.environ.get(CREDENTIALS)
    try:
        secrets = NestedSecretsSettingsSource(
            SecretsSettingsSource(_Outside),
            secrets_dir=folder,
            secrets_dir_missing="error",
            secrets_prefix="",
        )()
    except ValueError:
        mend = f"See that ${CREDENTIALS} is a folder of short text files."
        raise _error("The credentials cannot be read.", mend) from None
    try:
        return {"the credentials": secrets, "the environment": EnvSettingsSource(_Outside)()}
    except pydantic_settings.SettingsError as error:
        field = re.search(r'"(\w+)"', str(error))
        name = PREFIX + (field[1].upper() if field else "")
        mend = f"Set one field, as in {name}__FIELD."
        raise _error(f"the environment: {name} is not JSON.", mend) from None


def _refuse_strangers() -> None:
    """Refuse a misspelt variable, which pydantic-settings would pass over in silence."""
    known = [*(PREFIX + field.upper() for field in Appliance.model_fields), *OUTSIDE]
    for variable in os.environ:
        head = variable.upper().split("__")[0]
        if head.startswith(PREFIX) and head not in known:
            raise _error(f"the environment: {variable} is not a setting.", _nearest(head, known))


def _merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> dict[str, Any]:
    deeper = {
        key: _merge(low[key], value)
        for key, value in high.items()
        if isinstance(value, Mapping) and isinstance(low.get(key), Mapping)
    }
    return {**low, **high, **deeper}


def _refusal(error: ValidationError, places: Mapping[str, Mapping[str, Any]]) -> SettingsError:
    # The first of several: whoever mends it runs the check again.
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    steps = first["loc"]
    field = ".".join(map(str, steps))
    start = f"{_blame(steps, places)}: {field or 'the whole'}"
    if first["type"] == "extra_forbidden":
        return _error(f"{start} is not a setting.", _nearest(str(steps[-1]), _fields(steps[:-1])))
    if first["type"] == "missing":
        return _error(f"{start} is missing.", f"Add it; {EXAMPLE} shows how.")
    return _error(f"{start} cannot be used.", f"{first['msg'].removeprefix('Value error, ')}.")


def _blame(steps: tuple[Step, ...], places: Mapping[str, Mapping[str, Any]]) -> str:
    """Find the place that holds the most of the path; of several, the one that wins."""
    return max(reversed([*places]), key=lambda place: _depth(places[place], steps))


def _depth(values: Any, steps: tuple[Step, ...]) -> int:  # noqa: ANN401 - anything a file can hold
    if not steps:
        return 0
    try:
        below = values[steps[0]]
    except (LookupError, TypeError):
        return 0
    return 1 + _depth(below, steps[1:])


def _fields(steps: tuple[Step, ...]) -> list[str]:
    part: Any = Appliance
    for step in steps:
        if isinstance(step, str):
            annotation = part.model_fields[step].annotation
            part = (get_args(annotation) or (annotation,))[0]
    return list(part.model_fields)


def _nearest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"Did you mean {near[0]}?" if near else f"Remove it; {EXAMPLE} shows every setting."


def _error(what: str, mend: str) -> SettingsError:
    # A key of a hostile file may hold line breaks and the terminal's own commands.
    clean = "".join(letter if letter.isprintable() else "?" for letter in what)
    return SettingsError(clean[:400], mend=mend)
