"""The log's pages in the repository: which is the newest, and what each follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuf.api.metadata import TargetFile, Targets

from appliance.errors import TrustError
from provisioning import disk
from provisioning.desk import log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provisioning.desk.log import Page
    from provisioning.desk.repository import Repository


def pages(targets: Targets | None) -> list[TargetFile]:
    """Give the pages that the metadata names, the newest last."""
    found = targets.targets.values() if targets else ()
    return sorted((one for one in found if (one.custom or {}).get("kind") == "log"), key=number)


def number(page: TargetFile) -> int:
    """Say how many pages there were up to this one."""
    return int((page.custom or {})["number"])


def sha256_of(target: TargetFile) -> str:
    """Give a target's sha256."""
    return target.hashes["sha256"]


def add(repository: Repository, draft: Targets, page: Page) -> None:
    """Put a list's page last in the draft, in place of a draft of its own."""
    for old in _unpublished(repository, draft):
        if old.path == _path(page):
            repository.file_of(old).unlink(missing_ok=True)
            del draft.targets[old.path]
    last = max(map(number, [*pages(repository.published()), *pages(draft)]), default=0)
    _put(repository, draft, page, last + 1)
    link(repository, draft)


def link(repository: Repository, draft: Targets) -> None:
    """Have each page that is not published yet name the one before it."""
    published = pages(repository.published())
    previous = sha256_of(published[-1]) if published else None
    for target in _unpublished(repository, draft):
        page = log.open_page(disk.read(repository.file_of(target), log.PAGE_BYTES))
        linked = page.model_copy(update={"previous": previous})
        previous = sha256_of(_put(repository, draft, linked, number(target)))
        if previous != sha256_of(target):
            repository.file_of(target).unlink()


def walk(repository: Repository) -> Iterator[tuple[str, Page]]:
    """Go back through the whole log that is published, checking each link.

    Raises:
        TrustError: a page is missing or was changed.
    """

    def fetch(sha256: str) -> bytes:
        for file in (repository.targets / "log").glob(f"{sha256}.*.json"):
            return disk.read(file, log.PAGE_BYTES)
        raise TrustError("A page of the log is missing.", mend=log.MEND)

    published = pages(repository.published())
    yield from log.walk(sha256_of(published[-1]) if published else None, fetch)


def _unpublished(repository: Repository, draft: Targets) -> list[TargetFile]:
    known = {sha256_of(page) for page in pages(repository.published())}
    return [page for page in pages(draft) if sha256_of(page) not in known]


def _path(page: Page) -> str:
    return f"log/{page.watchlist_id}.json"


def _put(repository: Repository, draft: Targets, page: Page, at: int) -> TargetFile:
    data = page.pack()
    target = TargetFile.from_data(_path(page), data)
    target.unrecognized_fields["custom"] = {
        "kind": "log",
        "number": at,
        "expires_at": page.expires_at.isoformat(),
    }
    disk.write(repository.file_of(target), data, disk.PUBLIC)
    draft.targets[target.path] = target
    return target
