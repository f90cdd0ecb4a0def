"""At the force a package is opened, and nothing of it is believed that its van has not signed."""

import io
import json
import tarfile
from hashlib import sha256

import pyrage
import pytest
from pyrage import x25519

from appliance.deployment import package
from appliance.deployment.package import encrypt, pack, read_identities, unpack
from appliance.domain import slip
from appliance.errors import InputError, TrustError
from appliance.oversight import note
from tests.deployment.conftest import DEPLOYMENT
from tests.oversight.log.conftest import make_pen
from tests.tablets.signing import OUTCOME, SAME, VIABLE

FORCE = x25519.Identity.generate()
PEN = make_pen()


@pytest.fixture
def entries(van):
    van.alert("true", VIABLE, SAME, OUTCOME)
    van.alert("unsaid")
    return [*van.register.book(DEPLOYMENT).entries.values()]


def sealed(plain):
    return encrypt(plain, str(FORCE.to_public()))


def opened(plain):
    return unpack(sealed(plain), [x25519.Identity.generate(), FORCE], PEN.key)


def test_what_was_packed_is_what_is_unpacked(entries):
    data = sealed(pack(DEPLOYMENT, entries, PEN))
    found = unpack(data, [FORCE], PEN.key)
    assert (found.deployment_id, found.sha256) == (DEPLOYMENT, sha256(data).hexdigest())
    assert [one.stub for one in found.entries] == [one.stub for one in entries]
    events = [[said.event for said in one.answers] for one in entries]
    assert [[said.event for said in one.answers] for one in found.entries] == events
    assert "V-001" not in repr(found)


def test_without_the_right_key_nothing_is_opened(entries):
    data = sealed(pack(DEPLOYMENT, entries, PEN))
    with pytest.raises(TrustError, match="cannot be opened with this key"):
        unpack(data, [x25519.Identity.generate()], PEN.key)
    spoilt = bytearray(data)
    spoilt[-1] ^= 1
    with pytest.raises(TrustError, match="or is damaged"):
        unpack(bytes(spoilt), [FORCE], PEN.key)


def test_what_another_has_signed_is_not_believed(entries):
    data = sealed(pack(DEPLOYMENT, entries, make_pen(number=2)))
    with pytest.raises(TrustError, match="has not signed this"):
        unpack(data, [FORCE], PEN.key)


def tar(*members):
    room = io.BytesIO()
    with tarfile.open(fileobj=room, mode="w") as made:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            if data is LINK:
                member.type, member.linkname, member.size = tarfile.SYMTYPE, "/etc/passwd", 0
            made.addfile(member, io.BytesIO(data))
    return room.getvalue()


LINK = b"link"


def signed(alerts, count, deployment=DEPLOYMENT, digest=None, head="lfr export"):
    digest = digest or sha256(alerts).hexdigest()
    text = f"{head}\n{deployment}\n{count} alerts\nalerts.json sha256 {digest}\n"
    return tar(("export.note", note.write(text, [PEN.sign(text)])), ("alerts.json", alerts))


@pytest.fixture
def alerts(entries):
    files = opened(pack(DEPLOYMENT, entries, PEN)).files
    return files["alerts.json"]


def test_alerts_that_the_van_has_not_signed_so_are_refused(alerts):
    fewer = json.dumps(json.loads(alerts)[:1]).encode()
    for plain in (
        signed(alerts, 3),
        signed(fewer, 2),
        signed(fewer, 1, digest=sha256(alerts).hexdigest()),
        signed(alerts, 2, deployment="another"),
    ):
        with pytest.raises(TrustError, match="not those that its van has signed"):
            opened(plain)


def changed(alerts, **changes):
    told = json.loads(alerts)
    return json.dumps([{**told[0], **changes}]).encode()


def test_what_is_no_package_is_refused_by_one_line(alerts):
    whole = signed(alerts, 2)
    odd = [
        b"no tar at all",
        tar(),
        tar(("alerts.json", alerts)),
        tar(("alerts.json", alerts), ("alerts.json", alerts), ("export.note", b"")),
        tar(("alerts.json", alerts), ("export.note", LINK)),
        tar(("alerts.json", alerts), ("export.note", b""), ("more", b"")),
        whole[:700],
        signed(alerts, 2, head="another note"),
        signed(b"[" * 100_000, 0),
        signed(b"{}", 0),
        signed(b"[1]", 1),
        signed(changed(alerts, code="00000-00000"), 1),
        signed(changed(alerts, answers=[5]), 1),
        signed(changed(alerts, answers=["{}"]), 1),
        signed(changed(alerts, camera=None), 1),
    ]
    for plain in odd:
        with pytest.raises(InputError) as refused:
            opened(plain)
        assert "V-001" not in refused.value.advice()


def test_a_file_of_keys_is_read_as_age_keygen_writes_it(tmp_path):
    file = tmp_path / "force.key"
    file.write_text(f"# created: today\n# public key: {FORCE.to_public()}\n{FORCE}\n")
    (found,) = read_identities(file)
    assert str(found) == str(FORCE)
    file.write_text("AGE-SECRET-KEY-1NONE\n")
    with pytest.raises(InputError, match=r"force\.key has no key of age"):
        read_identities(file)
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_identities(tmp_path / "none")


def test_a_file_that_is_longer_than_any_package_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "MOST_BYTES", 10)
    (tmp_path / "long").write_bytes(b"x" * 11)
    with pytest.raises(InputError, match="no package of a van"):
        package.read(tmp_path / "long")
    with pytest.raises(InputError, match="none cannot be read"):
        package.read(tmp_path / "none")


def test_what_is_written_is_its_owner_s_alone_and_writes_over_nothing(entries, tmp_path):
    found = opened(pack(DEPLOYMENT, entries, PEN))
    package.write(found, tmp_path / "case")
    written = {file.name: file.read_bytes() for file in (tmp_path / "case").iterdir()}
    assert written == found.files
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "case").iterdir()} == {0o600}
    with pytest.raises(InputError, match="case cannot be written: File exists"):
        package.write(found, tmp_path / "case")


def test_age_itself_opens_it(entries):
    plain = pyrage.decrypt(sealed(pack(DEPLOYMENT, entries, PEN)), [FORCE])
    with tarfile.open(fileobj=io.BytesIO(plain)) as opened_tar:
        assert opened_tar.getnames() == ["export.note", "alerts.json"]
    assert slip.code("true") in plain.decode()
