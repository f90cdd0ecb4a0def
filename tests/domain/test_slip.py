"""The code on a redress slip: found again however it is typed, and never somebody else's."""

import re
from contextlib import suppress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain import slip
from appliance.errors import InputError

CODES = st.uuids().map(lambda given: slip.code(str(given)))


def changed(code, place, sign):
    return code[:place] + sign + code[place + 1 :]


@given(CODES)
def test_a_code_is_two_groups_of_five_and_reads_back_as_itself(code):
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", code)
    assert slip.parse(code) == code


def test_an_alert_keeps_its_code_and_another_has_another():
    assert slip.code("alert-1") == slip.code("alert-1") == "H5VGP-W9PNC"
    assert len({slip.code(f"alert-{number}") for number in range(20_000)}) == 20_000


@given(CODES)
def test_every_single_wrong_character_is_caught(code):
    for place in set(range(len(code))) - {slip.GROUP}:
        for sign in set(slip.ALPHABET) - {code[place]}:
            with pytest.raises(InputError, match="slip of the pen"):
                slip.parse(changed(code, place, sign))


@given(CODES)
def test_any_two_characters_that_changed_places_are_caught_neighbours_above_all(code):
    for first, second in combinations(sorted(set(range(len(code))) - {slip.GROUP}), 2):
        swapped = changed(changed(code, first, code[second]), second, code[first])
        if swapped != code:
            with pytest.raises(InputError, match="slip of the pen"):
                slip.parse(swapped)


@given(CODES, st.data())
def test_it_may_be_typed_as_people_type(code, data):
    typed = code.replace("-", data.draw(st.sampled_from(["", "-", " ", " - "])))
    typed = typed.replace("0", data.draw(st.sampled_from("0Oo")))
    typed = typed.replace("1", data.draw(st.sampled_from("1IiLl")))
    assert slip.parse(data.draw(st.sampled_from([typed, typed.lower()]))) == code


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "H5VGP-W9PN",
        "H5VGP-W9PNCC",
        "H5VGP-W9PNU",
        "H5VGP-W9PN\n",
        "\uff285VGP-W9PNC",
        "\u0131" * 10,
    ],
)
def test_what_is_no_code_at_all_is_said_to_be_none(typed):
    with pytest.raises(InputError, match="no code") as refused:
        slip.parse(typed)
    assert "\n" not in refused.value.advice()


@given(st.text(max_size=24) | st.text(slip.ALPHABET + "-oil", min_size=10, max_size=11))
def test_no_text_whatever_does_more_than_be_refused(typed):
    read = None
    with suppress(InputError):
        read = slip.parse(typed)
    assert read is None or slip.parse(read) == read


@pytest.mark.parametrize("before", ["https://force.example/r/", "https://force.example/?a=1&code="])
def test_the_whole_address_of_the_slip_may_be_typed(before):
    code = slip.code("alert-1")
    assert slip.parse(before + code) == code
    with pytest.raises(InputError, match="no code"):
        slip.parse(before)
