"""Whether to believe what the force publishes for this van: bytes in, typed object or error out.

`Chain` says whether the metadata is to be believed; here is read what it promises: what is taken
back, and for this van a list and an authority, which must belong together.

No file, no network and no clock: the time is given, and so is whoever gives the next file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError, model_validator

from appliance.domain.deployment import Authority
from appliance.domain.ending import End
from appliance.domain.watchlist import (
    MAX_LIFE,
    MAX_SUBJECTS,
    MAX_TEMPLATES,
    Line,
    Moment,
    Part,
    Reference,
)
from appliance.domain.withdrawal import Withdrawals
from appliance.errors import InputError, TrustError
from appliance.watchlist.chain import WITHDRAWALS_PATH, Chain, place, promised, sha256_of
from appliance.watchlist.refusals import (
    ClockError,
    ForeignError,
    OversizeError,
    PairError,
    parse,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuf.api.metadata import TargetFile, Targets

WITHDRAWN_BYTES: Final = 4 * 1024 * 1024
"""Some thirty thousand entries taken back in a day."""
AUTHORITY_BYTES: Final = 64 * 1024
MAX_BUNDLE_BYTES: Final = 64 * 1024**3
SLACK: Final = timedelta(seconds=60)
"""So far may two honest clocks differ."""
AUTHORITY_FILE: Final = "authority.json"
BUNDLE_FILE: Final = "watchlist.age"
WITHDRAWN_FILE: Final = "withdrawn.json"
"""What is taken back, in a generation; `withdrawals.json` is there the metadata that signs it."""

VanName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class Promise(Part):
    """What the signers say of a bundle in the metadata, where everyone may read it."""

    kind: Literal["watchlist"] = "watchlist"
    van: VanName
    watchlist_id: Reference
    key_id: KeyId
    """Which of the van's one-time keys opens it."""
    model_id: Line
    made_at: Moment
    expires_at: Moment
    subjects: int = Field(gt=0, le=MAX_SUBJECTS)
    templates: int = Field(gt=0, le=MAX_TEMPLATES)
    plain_bytes: int = Field(gt=0, le=MAX_BUNDLE_BYTES)
    """How long it is when it is opened."""

    @model_validator(mode="after")
    def _short_lived(self) -> Promise:
        if not timedelta(0) < self.expires_at - self.made_at <= MAX_LIFE:
            raise ValueError("a list lives 24 hours at most")
        return self


class AuthorityPromise(Part):
    """What the metadata says of an authority; the authority itself must say the same."""

    kind: Literal["authority"] = "authority"
    van: VanName
    deployment_id: Reference
    watchlist_id: Reference
    ends_at: Moment


P = TypeVar("P", Promise, AuthorityPromise)


@dataclass(frozen=True)
class Trusted:
    """What is to be believed of one state of the repository."""

    withdrawals: Withdrawals
    valid_until: datetime
    """When the first of the metadata expires."""
    made_at: datetime
    """The latest moment at which anything in it says that it was made."""
    authority: Authority | None = None
    promise: Promise | None = None
    bundle_sha256: str = ""
    bundle_bytes: int = 0
    bundle_path: str = ""
    """Where it lies in the repository."""
    fault: TrustError | InputError | None = field(default=None, compare=False)
    """Why list and authority of this van are not to be believed, though all else is."""

    def end(self, now: datetime) -> End | None:
        """Say how the deployment has ended, if it has."""
        if self.authority and self.withdrawals.revokes(self.authority.deployment_id):
            return End.REVOKED
        if self.authority and now >= self.authority.ends_at:
            return End.DEPLOYMENT_OVER
        if self.promise and now >= self.promise.expires_at:
            return End.LIST_EXPIRED
        return None


def believe(files: Mapping[str, bytes], root: bytes, van: str, now: datetime) -> Trusted:
    """Believe the files of one generation, offline, or say why not.

    Args:
        files: Metadata and documents by name, as `Chain.files` had them.
        root: The root that the van was born with.
        van: The van's own name.
        now: The van's time.

    Raises:
        StaleError: nothing newer was heard for too long.
        TrustError: it is not to be believed.
        InputError: what is taken back cannot be read.
    """
    return read(Chain(root, now, lambda want: files.get(want.name)), van, now)


def read(chain: Chain, van: str, now: datetime) -> Trusted:
    """Follow a chain and read what it promises; errors as for `believe`, or those of its fetch."""
    targets, role = chain.follow()
    data = chain.document(role, WITHDRAWALS_PATH, WITHDRAWN_FILE, WITHDRAWN_BYTES)
    withdrawals = parse(Withdrawals, data, WITHDRAWN_FILE)
    _require_past(withdrawals.made_at, now)
    plain = Trusted(withdrawals, chain.valid_until(), withdrawals.made_at)
    try:
        return _with_list(plain, targets, _authority(chain, targets, van), van, now)
    except (TrustError, InputError) as error:
        # A list that is wrong must not keep the van from what is taken back.
        return Trusted(withdrawals, plain.valid_until, plain.made_at, fault=error)


def _authority(chain: Chain, targets: Targets, van: str) -> Authority | None:
    path = f"vans/{van}/{AUTHORITY_FILE}"
    if path not in targets.targets:
        return None
    said = _custom(AuthorityPromise, promised(targets, path), van)
    data = chain.document(targets, path, AUTHORITY_FILE, AUTHORITY_BYTES)
    authority = parse(Authority, data, AUTHORITY_FILE)
    names = (authority.deployment_id, authority.watchlist_id, authority.ends_at)
    if names != (said.deployment_id, said.watchlist_id, said.ends_at):
        raise PairError("The authority is not the one promised.", mend="Have it signed again.")
    return authority


def _with_list(
    plain: Trusted, targets: Targets, authority: Authority | None, van: str, now: datetime
) -> Trusted:
    target = targets.targets.get(f"vans/{van}/{BUNDLE_FILE}")
    if target is None:
        return Trusted(plain.withdrawals, plain.valid_until, plain.made_at, authority)
    promise = _custom(Promise, target, van)
    _require_past(promise.made_at, now)
    _require_pair(authority, promise)
    if not promise.plain_bytes <= target.length <= MAX_BUNDLE_BYTES:
        raise OversizeError(
            "The bundle is longer when opened than it is closed, or longer than any may be.",
            mend="Have the desk make it again.",
        )
    return Trusted(
        plain.withdrawals,
        plain.valid_until,
        max(plain.made_at, promise.made_at),
        authority,
        promise,
        sha256_of(target),
        target.length,
        place(target),
    )


def _custom(part: type[P], target: TargetFile, van: str) -> P:
    try:
        promise = part.model_validate(target.custom)
    except ValidationError as error:
        raise refusal(error, f"The promise of {target.path}") from None
    if promise.van != van:
        raise ForeignError(
            f"{target.path} was made for another van.", mend="Have one made for this van."
        )
    return promise


def _require_pair(authority: Authority | None, promise: Promise) -> None:
    if authority is None:
        raise PairError("There is a list and no authority.", mend="Have an authority signed.")
    if authority.watchlist_id != promise.watchlist_id:
        raise PairError(
            "The authority is for another watchlist.", mend="Have one signed for this list."
        )
    if promise.subjects > authority.maximum_subjects:
        raise PairError(
            "The watchlist is longer than the authority allows.",
            mend="Have it shortened, or a wider authority signed.",
        )


def _require_past(made_at: datetime, now: datetime) -> None:
    if made_at > now + SLACK:
        raise ClockError(
            "Something was signed later than the van's clock says it is.",
            mend="Set the van's clock.",
        )
