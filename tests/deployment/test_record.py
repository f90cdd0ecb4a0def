"""From officers' answers to the public record: all of them counted, and nobody told."""

from appliance.domain.candidate import Band
from appliance.domain.watchlist import Ground
from appliance.oversight import entries, keys
from appliance.oversight.aside import note
from appliance.oversight.proof import Proof
from appliance.oversight.record import paper
from appliance.oversight.record.source import draw
from tests.deployment.conftest import DEPLOYMENT
from tests.deployment.test_close import busy
from tests.oversight.record.facts import counted, opened

ALERTS = ("not-viable", "unanswered", "same", "wrong", "lost")


def look(van):
    """Have the van say what it does while it looks."""
    folder, name = van.settings.oversight.folder, van.settings.van
    note(folder, name, opened(DEPLOYMENT))
    for alert_id in ALERTS:
        said = entries.Alerted(
            alert_id=alert_id,
            camera="mast-1",
            watchlist_id="list-3",
            ground=Ground.COURT,
            band=Band.LIKELY,
        )
        note(folder, name, said)
    note(folder, name, counted(deployment_id=DEPLOYMENT, faces_seen=1_000, final=True))


def record(van):
    folder = van.settings.oversight.folder
    return draw(Proof(folder / keys.LOG, keys.public(folder)))


def test_what_officers_answered_is_what_the_public_reads(van):
    look(van)
    busy(van)
    assert van.close() == []
    made = record(van)
    answers = made.alerts.answers
    assert (made.alerts.alerts, answers.viable, answers.not_viable, answers.unanswered) == (
        5,
        3,
        1,
        1,
    )
    assert (answers.engaged, answers.confirmed_true, answers.confirmed_false) == (2, 1, 1)
    assert (answers.arrests, answers.no_action, answers.lost) == (1, 1, 1)
    assert (answers.stop_minutes, answers.false_stop_minutes) == (27, 7)
    assert (made.alerts.false_alerts, made.alerts.per_face.trials) == (3, 1_000)
    assert made.deployment.finished
    assert made.upkeep.held == "1 to 4"
    assert {each.people.total for each in made.alerts.ethnicity} == {1}
    cells = [cell for each in made.alerts.ethnicity for cell in each.people.cells.values()]
    assert set(cells) == {"hidden"}


def test_no_word_that_stood_in_the_register_stands_in_the_record(van):
    look(van)
    busy(van)
    codes = [van.register.entry(alert_id).stub.code for alert_id in ALERTS]
    stood = b"".join(file.read_bytes() for file in (van.folder / "ledger").iterdir()).decode()
    secrets = [*codes, "PC 456", "tablet-7", "mast-1", "V-001", "not-viable"]
    assert [word for word in secrets if word not in stood] == codes
    assert van.close() == []
    made = record(van)
    for text in (paper.page(made), paper.table(made), made.model_dump_json()):
        assert [word for word in secrets if word in text] == []
