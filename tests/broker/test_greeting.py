"""A tablet's name is put into MQTT's CONNECT, whatever else a page has written there."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from appliance.errors import InputError
from provisioning.gate.greeting import length, rename

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def connect(modern, client_id="page", user=None, will=None, *, anew=True):
    """Let a real client write its CONNECT."""
    protocol = MQTTProtocolVersion.MQTTv5 if modern else MQTTProtocolVersion.MQTTv311
    begins = {} if modern else {"clean_session": anew}
    client = Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, **begins)
    client._clean_start = anew
    if user is not None:
        client.username_pw_set(user, user or None)
    if will:
        client.will_set("lfr/1/van-1/state", will)
    if modern:
        client._connect_properties = Properties(PacketTypes.CONNECT)
        client._connect_properties.ReceiveMaximum = 10
    written = io.BytesIO()
    client._packet_queue = lambda _command, packet, *_: written.write(packet) and 0
    client._send_connect(30)
    return written.getvalue()


@given(st.booleans(), TEXT.filter(bool), st.none() | TEXT, st.none() | TEXT)
def test_the_name_takes_the_place_of_user_password_and_last_will(modern, client_id, user, will):
    renamed = rename(connect(modern, client_id, user, will), "tablet-7")
    plain = connect(modern, client_id, "")
    assert renamed[2:9] == plain[2:9]
    assert renamed[9] == plain[9]
    assert renamed[10:] == plain[10:-2] + b"\x00\x08tablet-7"
    assert length(renamed) == len(renamed)


@given(st.booleans())
def test_nobody_goes_on_where_they_were_before(modern):
    before, anew = (connect(modern, user="page", anew=anew) for anew in (False, True))
    assert before != anew
    assert rename(before, "tablet-7") == rename(anew, "tablet-7")


@given(st.booleans(), st.integers(0, 200))
def test_a_greeting_that_is_cut_short_is_refused(modern, left):
    packet = connect(modern, user="somebody", will="gone")
    with pytest.raises(InputError):
        rename(packet[: min(left, len(packet) - 1)], "tablet-7")


@given(st.binary(max_size=300))
def test_whatever_comes_is_renamed_or_refused(data):
    try:
        size = length(data)
        assert size is None or size <= 5000
        assert rename(data, "tablet-7").endswith(b"\x00\x08tablet-7")
    except InputError:
        pass


@given(st.integers(0, 6))
def test_it_waits_for_the_length_to_come(count):
    packet = connect(modern=True)
    assert length(packet[:count]) == (None if count < 2 else len(packet))


@pytest.mark.parametrize("data", [b"GET /", b"\x10\xff\xff\xff\xff\x01", b"\x10\xff\xff\x7f"])
def test_what_is_no_greeting_is_refused_at_its_first_bytes(data):
    with pytest.raises(InputError):
        length(data)


@pytest.mark.parametrize("spoilt", [(4, b"X"), (8, b"\x03"), (9, b"\x03")])
def test_another_protocol_or_version_or_a_reserved_flag_is_refused(spoilt):
    place, byte = spoilt
    packet = connect(modern=False)
    with pytest.raises(InputError):
        rename(packet[:place] + byte + packet[place + 1 :], "tablet-7")


def test_what_stands_behind_it_is_refused():
    packet = connect(modern=False)
    with pytest.raises(InputError):
        rename(bytes([packet[0], packet[1] + 1]) + packet[2:] + b"!", "tablet-7")
