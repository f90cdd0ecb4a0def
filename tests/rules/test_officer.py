"""An officer decides, always: the appliance never says what to do about anybody."""

from appliance.domain.alert import Alert
from appliance.domain.candidate import Band
from appliance.domain.decision import Decision, Verdict
from appliance.tablets.given import VerdictGiven


def test_only_the_tablet_link_builds_a_decision(sources, name_of):
    makers = {s.name for s in sources if any(name_of(c) == "Decision" for c in s.calls())}
    assert makers
    assert all(name.startswith("appliance/tablets/") for name in makers)


def test_only_the_pipeline_makes_an_alert(sources, name_of):
    makers = {
        source.name
        for source in sources
        if "appliance.domain.alert.Alert" in source.imports()
        and any(name_of(call) == "Alert" for call in source.calls())
    }
    assert makers == {"appliance/pipeline.py"}


def test_the_first_answer_and_the_one_that_is_meant_unless_said_is_no(clock):
    assert next(iter(Verdict)) is Verdict.NOT_VIABLE
    assert Decision("a-1", "PC 123", clock.now).answer is Verdict.NOT_VIABLE
    assert VerdictGiven(stage="verdict").verdict is Verdict.NOT_VIABLE


def test_an_alert_has_no_room_for_a_decision():
    fields = set(Alert.__dataclass_fields__)
    assert not fields & {"verdict", "decision", "match", "identified", "arrest", "action"}


def test_a_likeness_is_put_in_words_that_claim_no_identity():
    assert [band.value for band in Band] == ["possible", "likely", "strong"]
