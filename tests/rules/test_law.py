"""The lawful grounds are four; nothing is guessed about anybody; nothing is fetched or filmed."""

import ast
import re

import pytest

from appliance.domain.watchlist import Ground

NEVER_GUESSED = {
    "sex", "gender", "age", "ethnicity", "ethnic", "race", "racial", "skin", "emotion", "mood",
    "religion", "nationality", "disability", "orientation",
}  # fmt: skip
ALLOWED = {"under_age_override"}
"""The law itself asks for it: a signed reason to list a person under 18."""
RECORDED = {
    "appliance/domain/decision.py: Ethnicity",
    "appliance/domain/decision.py: ethnicity",
    "appliance/oversight/figures.py: ethnicity",
    "appliance/oversight/record/record.py: ethnicity",
    "appliance/tablets/given.py: ethnicity",
}
"""What an officer writes down about a person who was stopped, as the record of a stop has it, and
how many stops were alike."""
INVENTED = "appliance/bench/day.py"
"""Makes up a day of officers' answers, to measure how soon its record is made; it sees no face."""
SEEING = ("appliance.vision", "appliance.pipeline", "appliance.machine", "appliance.domain.face",
          "appliance.domain.frame", "appliance.host", "appliance.jetson")  # fmt: skip
NETWORKED = {"socket", "ssl", "urllib", "http", "requests", "httpx", "aiohttp", "ftplib", "paho"}
SILENT = ("appliance/vision/", "appliance/matching/", "appliance/domain/", "appliance/pipeline.py")
DRAWN = "appliance/demo/"
"""The demo writes the film that it draws itself, and portraits cut from a film that it is given."""


def words(name: str) -> set[str]:
    return {part.lower() for part in re.split(r"_|(?<=[a-z])(?=[A-Z])", name)}


def kept_names(tree: ast.Module) -> set[str]:
    """Fields of classes, members of enums, and attributes that are set."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names.add(node.name)
            for item in node.body:
                targets = (
                    item.targets
                    if isinstance(item, ast.Assign)
                    else [getattr(item, "target", None)]
                )
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
    return names


def test_the_grounds_are_these_four_words():
    assert [ground.value for ground in Ground] == [
        "wanted_by_court",
        "wanted_for_serious_offence",
        "about_to_commit_really_serious_offence",
        "volunteer",
    ]


def test_nothing_is_guessed_about_anybody(sources):
    guesses = {
        f"{source.name}: {name}"
        for source in sources
        if source.name != "appliance/demo/figure.py"  # paints drawn figures, of no person
        for name in kept_names(source.tree) - ALLOWED
        if words(name) & NEVER_GUESSED
    }
    assert guesses == RECORDED


def test_what_an_officer_records_comes_from_tablets_and_is_counted_and_no_more(sources):
    """Whatever sees a face knows no word for it: the oversight may not import any of that."""
    knowing = {s.name for s in sources if "ethnicity" in s.text.lower()}
    rooms = ("appliance/tablets/", "appliance/oversight/")
    asked = {name for name in knowing if not name.startswith(rooms)}
    assert asked == {"appliance/domain/decision.py", INVENTED}
    (invented,) = [s for s in sources if s.name == INVENTED]
    assert not [room for room in invented.imports() if room.startswith(SEEING)]


def test_the_search_would_find_a_guess():
    spoilt = ast.parse("class Face:\n    age_years: int\n    skinTone = 1\n")
    assert {name for name in kept_names(spoilt) if words(name) & NEVER_GUESSED} == {
        "age_years", "skinTone",
    }  # fmt: skip


@pytest.mark.parametrize("floor", SILENT)
def test_what_sees_faces_cannot_reach_a_network(sources, floor):
    rooms = [source for source in sources if source.name.startswith(floor)]
    assert rooms
    for source in rooms:
        assert not {name.split(".")[0] for name in source.imports()} & NETWORKED, source.name


def test_the_van_has_no_video_sink(sources, name_of):
    """Neither a film nor a picture of what was seen can be written down."""
    for source in sources:
        assert "VideoWriter" not in source.text, source.name
        assert "imwrite" not in source.text, source.name
        assert "add_stream" not in source.text or source.name.startswith(DRAWN), source.name
        for call in source.calls():
            if name_of(call) == "open" and isinstance(call.func, ast.Attribute):
                of = call.func.value
                if isinstance(of, ast.Name) and of.id == "av" and opened_to_write(call):
                    assert source.name.startswith(DRAWN), source.name


def opened_to_write(call: ast.Call) -> bool:
    modes = call.args[1:2] + [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    return any(isinstance(mode, ast.Constant) and mode.value == "w" for mode in modes)


def test_what_sees_frames_writes_no_file(appliance, name_of):
    """The only files that the rooms of pixels open are networks, and those to read."""
    writers = {"write_bytes", "write_text", "tofile", "savez", "imsave", "fromfile", "memmap"}
    for source in appliance:
        if source.name.startswith(("appliance/vision/", "appliance/host/", "appliance/matching/")):
            assert not {name_of(call) for call in source.calls()} & writers, source.name


def test_the_settings_know_no_way_to_record(appliance):
    (settings,) = (s for s in appliance if s.name == "appliance/settings.py")
    names = kept_names(settings.tree)
    assert not {name for name in names if words(name) & {"record", "save", "dump", "snapshot"}}
