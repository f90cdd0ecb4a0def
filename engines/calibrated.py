"""The calibration of a pack: bound to its encoder and to all that comes before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import SettingsError
from appliance.matching.calibration import MEND, load_calibration
from engines.packs import calibration_file, load_packs

if TYPE_CHECKING:
    from appliance.matching.calibration import Calibration
    from appliance.vision.models import Pack


def calibrated(pack: Pack) -> Calibration:
    """Read what the scores of a pack mean.

    Raises:
        SettingsError: there is none, it is not sound, or it was made for another encoder or for
            pictures that were prepared otherwise.
    """
    file = calibration_file(pack)
    calibration = load_calibration(file, pack.model_id)
    if calibration.preprocessing != pack.preprocessing:
        fault = f"The calibration {file} is for faces that are found or aligned otherwise."
        raise SettingsError(fault, mend=MEND)
    return calibration


def calibrated_for(model_id: str) -> Calibration | None:
    """Find the calibration for which a list's encoder is enough, best pack first.

    Returns:
        None where there is none here: nothing can be foretold.
    """
    for pack in load_packs().values():
        if pack.model_id == model_id:
            try:
                return calibrated(pack)
            except SettingsError:
                continue
    return None
