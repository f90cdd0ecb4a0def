"""What an authority and a list foretell, shown at the desk before anybody signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from appliance.domain.deployment import Authority
    from appliance.matching.forecast import Forecast
    from provisioning.desk.summary import Summary

UNKNOWN = "False alerts are not foretold: no calibration of the list's encoder is here."


def foretell(authority: Authority, model_id: str, templates: int) -> Forecast | None:
    """Foretell false alerts, with the van's threshold as long as its settings do not raise it.

    Returns:
        None where no calibration of the encoder is here.
    """
    from appliance.matching.forecast import Wish, foresee
    from engines.calibrated import calibrated_for

    calibration = calibrated_for(model_id)
    return foresee(calibration, Wish.of(authority), templates) if calibration else None


def of_all(summary: Summary) -> Mapping[str, Forecast | None]:
    """Foretell it for each authority that is to be signed together with its list, by van."""
    promises = {(one.promise.van, one.promise.watchlist_id): one.promise for one in summary.lists}
    pairs = (
        (van, authority, promises.get((van, authority.watchlist_id)))
        for van, authority in summary.authorities
    )
    return {
        van: foretell(authority, promise.model_id, promise.templates)
        for van, authority, promise in pairs
        if promise is not None
    }


def show(console: Console, forecast: Forecast | None, before: str = "") -> None:
    """Print it; what is more than is wished in yellow."""
    if forecast is None:
        console.print(f"{before}{UNKNOWN}", style="yellow", markup=False, highlight=False)
        return
    style = "" if forecast.kept else "yellow"
    for line in forecast.lines():
        text = f"{before}{line}"
        console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def record(forecast: Forecast | None) -> dict[str, Any] | None:
    """Give it as JSON's own types."""
    return None if forecast is None else forecast.record()
