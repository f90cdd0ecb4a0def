"""From people and pictures to entries: the best of each person's, and a row for every picture."""

from __future__ import annotations

import os
from collections import deque
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

from appliance.domain.watchlist import MAX_IMAGES
from provisioning.enrol.rows import UNUSABLE, Row
from provisioning.enrol.shards import Taken
from provisioning.enrol.studio import Task
from provisioning.enrol.terms import Person, draw_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from provisioning.enrol.shards import ShardWriter
    from provisioning.enrol.studio import Answer

SURPLUS = f"{MAX_IMAGES} better pictures of the same person were taken."


@dataclass(frozen=True)
class Count:
    """How far it is."""

    people: int = 0
    listed: int = 0
    pictures: int = 0
    taken: int = 0


@dataclass
class Enrolment:
    """Sends pictures out, and puts the answers together again, person after person.

    Args:
        look: Answers tasks in their order, as `Crew.answers` does.
        writer: Where entries and rows go.
        progress: Is told after each picture, and after each person.
    """

    look: Callable[[Iterable[Task]], Iterable[Answer]]
    writer: ShardWriter
    progress: Callable[[Count], None]
    count: Count = field(default_factory=Count)
    _waiting: deque[Person | Row] = field(default_factory=deque, init=False)

    def run(self, people: Iterable[Person | Row]) -> Count:
        """Enrol everybody, and end the shard."""
        answers: list[Answer] = []
        self._settle(answers)
        for answer in self.look(self._tasks(people)):
            answers.append(answer)
            self._tell(pictures=1)
            self._settle(answers)
        self._settle(answers)
        self.writer.close()
        return self.count

    def _tasks(self, people: Iterable[Person | Row]) -> Iterator[Task]:
        for person in people:
            self._waiting.append(person)
            if isinstance(person, Person):
                for number, file in enumerate(person.pictures):
                    yield Task(file, person.taken_on(number))

    def _settle(self, answers: list[Answer]) -> None:
        """Finish everybody whose pictures are all answered."""
        while self._waiting:
            person = self._waiting[0]
            if isinstance(person, Row):
                self.writer.add(None, [person])
                self._tell(people=1)
            elif len(answers) == len(person.pictures):
                self._finish(person, answers)
                answers.clear()
            else:
                return
            self._waiting.popleft()

    def _finish(self, person: Person, answers: list[Answer]) -> None:
        sound = [i for i, answer in enumerate(answers) if answer.template is not None]
        best = sorted(sound, key=lambda i: -answers[i].quality)[:MAX_IMAGES]
        rest = [i for i in range(len(answers)) if i not in best]
        rows = [_row(person, i, answers[i], taken=i in best) for i in (*best, *rest)]
        if not best:
            mend = "Add a better one."
            rows.append(Row(person.reference, "", "refused", UNUSABLE, mend, line=person.line))
            self.writer.add(None, rows)
        else:
            templates = [t for i in best if (t := answers[i].template) is not None]
            jpegs = [answers[i].jpeg for i in best]
            self.writer.add(Taken(draw_up(person, best), templates, jpegs), rows)
        self._tell(people=1, listed=int(bool(best)), taken=len(best))

    def _tell(self, people: int = 0, listed: int = 0, pictures: int = 0, taken: int = 0) -> None:
        so_far = self.count
        self.count = Count(
            so_far.people + people,
            so_far.listed + listed,
            so_far.pictures + pictures,
            so_far.taken + taken,
        )
        self.progress(self.count)


def _row(person: Person, number: int, answer: Answer, *, taken: bool) -> Row:
    row = Row(
        reference=person.reference,
        # A name may be any bytes; a report can hold only text.
        picture=os.fsencode(person.pictures[number].name).decode("utf-8", "replace"),
        verdict="review" if answer.review else "taken",
        reason=answer.notice,
        measures=answer.measures,
        thumbnail=answer.jpeg,
        line=person.line,
    )
    if answer.fault:
        return row.judged("refused", *astuple(answer.fault))
    return row if taken else row.judged("refused", SURPLUS, "Nothing needs to be done.")
