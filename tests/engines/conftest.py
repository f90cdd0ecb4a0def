"""Faces of real pictures, as the networks get them, where networks and pictures are here."""

from pathlib import Path

import pytest

from appliance.host.compute import Compute
from appliance.settings import VisionSettings
from appliance.vision.eyes import Eyes
from engines import packs
from engines.samples import take_samples
from provisioning.enrol.pictures import open_picture
from tests.engines.networks import real_packs

STILLS = packs.SHARED.parent / "media" / "stills" / "demo"


def host_eyes(found) -> Eyes:
    """An ordinary computer that runs the published networks."""
    compute, pack = Compute(), found.pack
    nets = (
        compute.open_net(found.detector, pack.detector.tensorrt.sha256),
        compute.open_net(found.encoder, pack.encoder.tensorrt.sha256),
    )
    return Eyes(compute, pack, *nets, VisionSettings())


@pytest.fixture(scope="session")
def stills() -> list[Path]:
    return sorted(STILLS.glob("*.jpg"))


@pytest.fixture(scope="session")
def real_samples(stills):
    """Of each pack that is here: the pack, and inputs of its networks."""
    pictures = [open_picture(file) for file in stills]
    return [(found, take_samples(host_eyes(found), pictures)) for found in real_packs()]
