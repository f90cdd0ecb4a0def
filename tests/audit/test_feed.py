"""A camera that is made up shows what it is told, and is over whether or not it ever began."""

from appliance.audit.feed import open_feed


def test_a_camera_whose_appliance_never_began_is_over_all_the_same(tmp_path):
    with open_feed(tmp_path / "street.mjpeg", b"picture"):
        assert (tmp_path / "street.mjpeg").is_fifo()


def test_whoever_reads_is_shown_the_picture_again_and_again(tmp_path):
    with open_feed(tmp_path / "street.mjpeg", b"picture") as feed:
        feed.start()
        with (tmp_path / "street.mjpeg").open("rb") as street:
            assert street.read(21) == b"picture" * 3
