"""The bench of the record makes days on the street, and counts what it was asked for."""

from appliance.bench.record import Wishes, bench


def test_each_day_gets_its_record_and_all_of_them_a_series():
    told = bench(Wishes(faces=1_000, alerts=6, days=2))
    assert (told["days"], told["faces"], told["alerts"]) == (2, 1_000, 6)
    assert told["entries"] > 2 * 6 * 2
    assert told["record_s"] > 0
    assert told["series_s"] > 0
