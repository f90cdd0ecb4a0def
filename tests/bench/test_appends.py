"""The bench of the log writes as many entries as it was asked for, and proves each of them."""

from appliance.bench.appends import Wishes, bench


def test_what_was_said_stands_in_the_log_that_is_proved():
    told = bench(Wishes(appends=3_000, alone=3))
    assert told["entries"] == 3_000
    assert told["bytes"] > 3_000 * 100
    assert told["appends_per_s"] > 0
    assert told["alone_per_s"] > 0
    assert told["verify_s"] > 0
