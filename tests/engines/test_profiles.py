"""A plan has room for whatever the pipeline puts through it."""

from appliance.vision.closer import AT_ONCE, SIDE_PX
from engines.profiles import FACES, detector_shapes, encoder_shapes
from tests.engines.networks import real_packs


def test_profiles_rise_and_hold_what_the_pipeline_asks_for():
    """Eight cameras, the widest input, a telephone's portrait, and every face at once."""
    for found in real_packs():
        for least, usual, most in (
            detector_shapes(found.pack.detector, 650, 8), encoder_shapes(found.pack.encoder),
        ):  # fmt: skip
            assert all(a <= b <= c for a, b, c in zip(least, usual, most, strict=True))
        if not found.pack.detector.fixed:
            assert detector_shapes(found.pack.detector, 650, 8)[-1] == (8, 3, 1632, 672)
            assert all(
                side % 32 == 0 for side in detector_shapes(found.pack.detector, 650, 8)[1][2:]
            )
        if not found.pack.encoder.batch:
            assert encoder_shapes(found.pack.encoder)[-1][0] == FACES


def test_a_plan_for_one_camera_takes_the_crops_of_a_closer_look():
    for found in real_packs():
        detector = found.pack.detector
        if not detector.fixed:
            least, _, (together, _, high, wide) = detector_shapes(detector, 64, 1)
            assert together >= (detector.at_once or AT_ONCE)
            assert least[2] <= SIDE_PX <= min(high, wide)


def test_so_many_faces_as_the_jetson_encodes_together_fit():
    from appliance.jetson.launch import MOST_FACES  # noqa: PLC0415 - another room's number

    assert FACES == MOST_FACES
