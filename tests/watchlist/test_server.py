"""A web server may be slow, broken or hostile: it is cut off, and what is whole is kept."""

from __future__ import annotations

import socket
from itertools import count

import pytest
from urllib3 import HTTPConnectionPool

from appliance.errors import SettingsError
from appliance.watchlist.refusals import OversizeError, PlaceError, UnreachableError
from appliance.watchlist.server import Pace, Server
from tests.watchlist.places import LONG, PLACE, get

HASTE = Pace(gap_s=0.2, small_s=0.2, least_bytes_s=1.0)


def slow(handler):
    handler.answer(200, LONG[:1], length=len(LONG))
    handler.wfile.flush()
    handler.server.over.wait(5)


def endless(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while not handler.server.over.is_set():
        handler.wfile.write(b"10000\r\n" + bytes(65536) + b"\r\n")


@pytest.mark.parametrize("path", ["metadata/timestamp.json", PLACE])
def test_a_server_that_falls_silent_is_not_waited_for(web, path):
    web.tricks["."] = slow
    with pytest.raises(UnreachableError, match="slow"):
        get(web.url, path, pace=HASTE)


def test_a_server_that_never_answers_is_not_waited_for(web):
    web.tricks["."] = lambda handler: handler.server.over.wait(5)
    with pytest.raises(UnreachableError, match="slow"):
        get(web.url, pace=HASTE)


def test_data_without_end_is_cut_off(web, land):
    web.tricks["."] = endless
    with pytest.raises(OversizeError):
        get(web.url, most_bytes=100_000)
    with pytest.raises(OversizeError):
        land(web.url)


def test_a_server_that_drips_is_not_waited_for(web, part):
    """On a clock that runs ahead by an hour at each look."""
    with HTTPConnectionPool("127.0.0.1", web.server_port, retries=False) as pool:
        hours = count(0, 3600)
        server = Server("/lfr", pool, Pace(), clock=lambda: next(hours))
        with pytest.raises(UnreachableError, match="slow"):
            server.fetch(PLACE, len(LONG))
        dripping = Server("/lfr", pool, Pace(least_bytes_s=1e9), clock=lambda: next(hours))
        with pytest.raises(UnreachableError, match="slow"):
            dripping.download(PLACE, len(LONG), part, lambda *_: None)
    assert 0 < part.stat().st_size < len(LONG)


def breaks(handler):
    """Give a third, then hang up."""
    begin = int((handler.headers.get("Range") or "bytes=0-")[6:-1])
    status, range_ = (206, f"bytes {begin}-/*") if begin else (200, "")
    rest = LONG[begin:]
    handler.answer(status, rest[:400_000], length=len(rest), **{"Content-Range": range_})


def test_a_download_that_breaks_off_goes_on_while_it_gets_further(web, land):
    web.tricks["."] = breaks
    assert land(web.url) == LONG
    assert [range_ for _, range_ in web.asked] == [None, "bytes=400000-", "bytes=800000-"]


def test_a_download_that_gets_no_further_is_given_up_and_kept(web, land, part):
    web.tricks["."] = lambda handler: handler.answer(200, LONG[:1000], length=len(LONG))
    with pytest.raises(UnreachableError, match="breaks off"):
        land(web.url)
    assert part.read_bytes() == LONG[:1000]


def test_a_file_without_a_length_that_ends_too_soon_is_broken_off(web, land, part):
    def short(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(LONG[:1000])

    web.tricks["."] = short
    with pytest.raises(UnreachableError, match="breaks off"):
        land(web.url)
    assert part.read_bytes() == LONG[:1000]


def test_a_server_without_ranges_begins_anew(web, land, part):
    web.tricks["."] = lambda handler: handler.answer(200, LONG)
    part.write_bytes(LONG[:1000])
    assert land(web.url) == LONG


def test_a_server_that_knows_no_such_range_is_asked_for_the_whole(web, land, part):
    def beyond(handler):
        if "Range" in handler.headers:
            handler.answer(416, b"")
        else:
            handler.give(LONG)

    web.tricks["."] = beyond
    part.write_bytes(LONG[:1000])
    assert land(web.url) == LONG


@pytest.mark.parametrize("range_", ["bytes 0-9/10", "", "nonsense"])
def test_a_rest_that_was_not_asked_for_is_refused(web, land, part, range_):
    web.tricks["."] = lambda h: h.answer(206, LONG[1000:], **{"Content-Range": range_})
    part.write_bytes(LONG[:1000])
    with pytest.raises(UnreachableError, match="206"):
        land(web.url)
    part.unlink()
    with pytest.raises(UnreachableError, match="206"):
        land(web.url)


def test_a_redirection_is_not_followed(web, land):
    web.tricks["."] = lambda h: h.answer(302, b"", Location="http://127.0.0.1:9/elsewhere")
    for ask in (lambda: get(web.url), lambda: land(web.url)):
        with pytest.raises(PlaceError, match="elsewhere") as refused:
            ask()
        assert refused.value.mend


@pytest.mark.parametrize("status", [500, 503, 204])
def test_a_server_in_trouble_is_said(web, status):
    web.tricks["."] = lambda handler: handler.answer(status, b"")
    with pytest.raises(UnreachableError, match=str(status)) as refused:
        get(web.url)
    assert refused.value.exit_code == 69


def test_what_is_no_answer_at_all_is_refused(web):
    web.tricks["."] = lambda handler: handler.wfile.write(b"\xff\x00nonsense\r\n\r\n")
    with pytest.raises(UnreachableError):
        get(web.url)


def test_a_packed_file_is_not_unpacked(web):
    """A small file that unpacks to gigabytes is never unpacked: it is just not what was signed."""
    web.tricks["."] = lambda h: h.answer(200, b"\x1f\x8b bomb", **{"Content-Encoding": "gzip"})
    assert get(web.url) == b"\x1f\x8b bomb"


def test_nobody_there_is_said():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(UnreachableError, match="cannot be reached"):
            get(place)


@pytest.mark.parametrize(
    "place",
    [
        "http://192.0.2.1/lfr",
        "ftp://a/b",
        "https://",
        "https://u:p@a/b",
        "https://a/b?c",
        "http://[",
    ],
)
def test_a_place_that_is_not_encrypted_or_none_is_a_fault_of_the_settings(place):
    with pytest.raises(SettingsError, match="source"):
        get(place)


def test_certificates_that_are_not_there_are_a_fault_of_the_settings(tmp_path):
    with pytest.raises(SettingsError, match="ca_file"):
        get("https://192.0.2.1", ca_file=tmp_path / "none.pem")
