"""A recall test in words: the same figures for a program and for a person."""

import json

from appliance.oversight.recall import words


def test_a_person_reads_rate_interval_and_what_is_not_excluded(street, plan):
    street.begin(plan("ann", "bob", ann=("sex/female",), bob=("sex/male",)))
    for _ in range(4):
        street.walk("ann", recognised=True)
    street.walk("ann", recognised=False)
    said = [*words.lines(street.count().recalled)]
    assert said[0] == "all         4 of 5 recognised, 80.0 % (95 %: 0.8 % to 100.0 %), 1 volunteer"
    assert said[2] == "sex/male    nobody passed"
    assert said[-1] == "Of sex, nothing can be compared: one group passed, or none."


def test_a_program_reads_the_same(street, plan):
    names = [f"v{number}" for number in range(6)]
    groups = {name: ("age/old" if place % 2 else "age/young",) for place, name in enumerate(names)}
    street.begin(plan(*names, **groups))
    for name in names:
        street.walk(name, recognised=name != "v1")
    told = json.loads(json.dumps(words.document(street.count().recalled)))
    assert (told["deployment_id"], told["volunteers"]) == ("d-1", 6)
    overall, *rest = told["rates"]
    assert (overall["passes"], overall["recognised"], overall["rate"]) == (6, 5, 5 / 6)
    assert overall["low"] < 5 / 6 < overall["high"]
    assert {rate["group"] for rate in rest} == {"age/old", "age/young"}
    (gap,) = told["gaps"]
    assert (gap["first"], gap["second"]) == ("age/young", "age/old")
    assert gap["low"] < gap["gap"] < gap["high"]
    assert any("cannot exclude a gap" in line for line in told["said"])


def test_whoever_runs_the_test_is_told_what_is_odd(street, plan):
    street.begin(plan("ann"))
    assert [*words.notes(street.count())] == []
    street.book.note("ann")
    street.clock.pass_by(60)
    for _ in range(5):
        street.walk("ann", recognised=False)
    street.book.mark("CODE-ann")
    waiting, beside, never = words.notes(street.count())
    assert waiting == "1 pass not over yet: what is open counts later."
    assert next(iter(words.notes(street.count(), ended=True))) == "1 pass not over yet: left out."
    assert beside.startswith("1 time somebody was recognised outside any pass")
    assert never.startswith("1 volunteer passed often, and never recognised")
