"""The project's own source, read as text and as trees: nothing of it is run."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("appliance", "engines", "provisioning")


@dataclass(frozen=True)
class Source:
    """One file of the project."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def imports(self) -> set[str]:
        """Every module that it names in an import."""
        names = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
        return names

    def calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]


def read(path: Path) -> Source:
    text = path.read_text("utf-8")
    return Source(path, text, ast.parse(text))


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def sources() -> list[Source]:
    files = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    found = [read(path) for path in files]
    assert len(found) > 50
    return found


@pytest.fixture(scope="session")
def appliance(sources) -> list[Source]:
    return [source for source in sources if source.name.startswith("appliance/")]


def called(call: ast.Call) -> str:
    """The last word of what is called: `save` of `picture.save(...)`."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


@pytest.fixture(scope="session")
def name_of():
    return called
