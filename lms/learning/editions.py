"""New editions of a course for those who were taught an earlier one: what is new, and that it was read or taken."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict
from lms.catalogue import queries as catalogue
from lms.catalogue.queries import History
from lms.catalogue.rules import Asked, asked, changed_lessons, update_items
from lms.catalogue.values import Edition, Effect, Item, Lesson
from lms.learning import rules
from lms.learning.queries import studied
from lms.register import actions as register
from lms.register.editions import my_proof
from lms.register.rules import Taught

NOTHING: Mapping[str, Taught | None] = MappingProxyType({})


def studied_now(
    ctx: Context, histories: Iterable[History], taught: Mapping[str, Taught | None] = NOTHING
) -> dict[str, rules.Studied]:
    """What the actor has studied of the newest edition of courses, by course. One statement.

    What was read of an earlier edition counts where the lesson has not changed since; unless the actor, who was
    `taught` so much, is asked to take the whole course again.
    """
    ctx.require(Permission.LEARN)
    chains = list(histories)
    return carried_over(ctx, chains, studied(ctx, editions_of(chains)), taught)


def editions_of(histories: Iterable[History]) -> list[int]:
    """All editions of courses, by the ids of their rows."""
    return [edition.id for history in histories for edition in history.chain]


def carried_over(
    ctx: Context,
    histories: Iterable[History],
    done: Mapping[int, rules.Studied],
    taught: Mapping[str, Taught | None],
) -> dict[str, rules.Studied]:
    """The same from what the actor has `done` with each edition. No statement.

    Open: puts together what the caller has read of the actor.
    """
    return {
        history.newest.course: rules.carried_over(
            history.newest,
            done[history.newest.id],
            [
                (catalogue.content(ctx, edition), done[edition.id])
                for edition in history.chain[:-1]
                if (done[edition.id].read or done[edition.id].shown)
                and not _is_again(history, taught.get(history.newest.course))
            ],
        )
        for history in histories
    }


def _is_again(history: History, taught: Taught | None) -> bool:
    demand = _asked(history, taught) if taught else None
    return demand is not None and demand.effect == "retake"


def _asked(history: History, taught: Taught) -> Asked | None:
    return asked(history.chain, taught.editions, read=taught.read, achieved_on=taught.achieved_on)


@dataclass(frozen=True, slots=True)
class Newer:
    """What newer editions of a course ask of somebody, in which lessons, and in which words they say what is new."""

    asked: Asked
    newest: Edition
    lessons: tuple[Lesson, ...]  # that have changed, as they are now
    told: tuple[Edition, ...]  # oldest first; their texts say what they have changed

    @property
    def effect(self) -> Effect:
        """What is to be done."""
        return self.asked.effect

    @property
    def by(self) -> date | None:
        """The last day for it."""
        return self.asked.by

    @property
    def minutes(self) -> int:
        """Reading time of the changed lessons."""
        return sum(lesson.minutes for lesson in self.lessons)

    def words(self, language: str) -> list[str]:
        """What has changed since, in a language, oldest first."""
        return [text for edition in self.told if (text := edition.text(language).changed)]


def newer(ctx: Context, history: History, taught: Taught | None) -> Newer | None:
    """What is asked of somebody who was taught an earlier edition; None if nothing is. No statement.

    Open: puts together what the caller has read of the actor.
    """
    demand = _asked(history, taught) if taught else None
    if demand is None:
        return None
    told = tuple(catalogue.content(ctx, edition) for edition in demand.editions)
    changed = changed_lessons(told, history.newest)
    lessons = tuple(lesson for lesson in history.newest.lessons if lesson.id in changed)
    return Newer(demand, history.newest, lessons, told)


def lessons_of_update(ctx: Context, course: str) -> list[Lesson]:
    """The lessons that newer editions ask the actor to read; none if nothing is asked. Raises NotFound."""
    ctx.require(Permission.LEARN)
    found = my_newer(ctx, course)
    return list(found.lessons) if found else []


def my_newer(ctx: Context, course: str) -> Newer | None:
    """What newer editions of a course ask of the actor; None if nothing. Two statements. Raises NotFound."""
    ctx.require(Permission.LEARN)
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    return newer(ctx, history, proof.taught if proof else None)


def read_what_is_new(ctx: Context, course: str) -> None:
    """Keep that the actor has read what is new in a course, where nothing more is asked. Again it changes nothing.

    Raises NotFound if there is no such course, Conflict("more_than_reading") if there is something to be taken.
    """
    who = ctx.require(Permission.LEARN)
    found = my_newer(ctx, course)
    if found is None:
        return
    if found.effect != "inform":
        raise Conflict("more_than_reading")
    register.record_receipt(ctx, who.person_id, course, found.told[-1].id, "read")


def items_of_update(ctx: Context, course: str) -> list[Item]:
    """What the actor's update of a course may ask. Raises NotFound, or Conflict("no_update") if there is none."""
    ctx.require(Permission.LEARN)
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    found = newer(ctx, history, proof.taught if proof else None)
    if proof is None or found is None or found.effect != "update":
        raise Conflict("no_update")
    last = next(edition for edition in reversed(history.chain) if edition.id in proof.taught.editions)
    return update_items(catalogue.content(ctx, last), history.newest, [lesson.id for lesson in found.lessons])
