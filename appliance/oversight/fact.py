"""A fact of the log, and the words and numbers that it may hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$")]
Who = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]{0,79}$")]
"""A part of the van (`van`, `update`), a tablet (`tablet/tablet-7`), or the desk: no person."""
Why = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,200}$")]
"""A sentence of this program's own, or a reason that a person gave, who was told to name nobody."""
Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 +,/()-]{0,39}$")]
"""What a group is called."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class Fact(BaseModel):
    """One thing that happened; an unknown field is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
