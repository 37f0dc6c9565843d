"""New editions of a course for those who were taught an earlier one: what is new, and that it was read or taken."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Conflict
from lms.catalogue import queries as catalogue
from lms.catalogue.queries import History
from lms.catalogue.rules import Asked, asked, changed_lessons, tested_lessons
from lms.catalogue.values import Edition, Effect, Lesson
from lms.learning import rules
from lms.learning.attempts import my_attempts
from lms.learning.queries import deeds
from lms.register import actions as register
from lms.register.editions import my_proof
from lms.register.rules import Taught, lasts_until

NOTHING: Mapping[str, Taught | None] = MappingProxyType({})


def studied_now(
    ctx: Context, histories: Iterable[History], taught: Mapping[str, Taught | None] = NOTHING
) -> dict[str, rules.Studied]:
    """What the actor has studied of the newest edition of courses, by course. One statement.

    What was done with an earlier edition counts where the lesson has not changed since; unless the actor, who was
    `taught` so much, is asked to take the whole course again by an edition after it.
    """
    ctx.require(Permission.LEARN)
    chains = list(histories)
    return carried_over(ctx, chains, deeds(ctx, [history.newest.course for history in chains]), taught)


def carried_over(
    ctx: Context,
    histories: Iterable[History],
    done: Mapping[int, rules.Deeds],
    taught: Mapping[str, Taught | None],
) -> dict[str, rules.Studied]:
    """The same from what the actor has `done` with each edition. No statement.

    Open: puts together what the caller has read of the actor.
    """
    return {
        history.newest.course: rules.studied(
            history.newest,
            done.get(history.newest.id, rules.Deeds()),
            [
                (catalogue.content(ctx, edition), done[edition.id])
                for edition in history.chain[_anew(history, taught.get(history.newest.course)) : -1]
                if edition.id in done
            ],
        )
        for history in histories
    }


def _anew(history: History, taught: Taught | None) -> int:
    """The place in the chain of the last edition that asks somebody to take the whole course again; 0 if none does.

    What was done with it and with those after it is done for that, also when the proof has run out meanwhile.
    """
    demand = _asked(history, taught) if taught else None
    retakes = [each for each in demand.editions if each.effect == "retake"] if demand else []
    return history.chain.index(retakes[-1]) if retakes else 0


def _asked(history: History, taught: Taught) -> Asked | None:
    return asked(history.chain, taught.editions, read=taught.read, achieved_on=taught.achieved_on)


@dataclass(frozen=True, slots=True)
class Newer:
    """What newer editions of a course ask of somebody, in which lessons, and in which words they say what is new."""

    asked: Asked
    counts_until: date | None  # the last day the proof counts if it is not done
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
    def last(self) -> Edition:
        """The newest of those that ask for something."""
        return self.told[-1]

    @property
    def minutes(self) -> int:
        """Reading time of the changed lessons."""
        return sum(lesson.minutes for lesson in self.lessons)

    def words(self, language: str) -> list[str]:
        """What has changed since, in a language, oldest first."""
        return [text for edition in self.told if (text := edition.text(language).changed)]


def newer(ctx: Context, history: History, taught: Taught | None) -> Newer | None:
    """What is asked of somebody who was taught an earlier edition; None if nothing is. No statement.

    Nothing of whoever holds no proof any more: they take the course.

    Open: puts together what the caller has read of the actor.
    """
    if taught is None or taught.has_run_out(ctx.today):
        return None
    demand = _asked(history, taught)
    if demand is None:
        return None
    told = tuple(catalogue.content(ctx, edition) for edition in demand.editions)
    changed = changed_lessons(told, history.newest)
    lessons = tuple(lesson for lesson in history.newest.lessons if lesson.id in changed)
    return Newer(demand, lasts_until(taught.expires_on, demand.by), history.newest, lessons, told)


def my_newer(ctx: Context, course: str) -> Newer | None:
    """What newer editions of a course ask of the actor; None if nothing. Two statements. Raises NotFound."""
    ctx.require(Permission.LEARN)
    history, proof = catalogue.history(ctx, course), my_proof(ctx, course)
    return newer(ctx, history, proof.taught if proof else None)


def lessons_to_read(
    ctx: Context, history: History, done: Mapping[int, rules.Deeds] | None = None
) -> Collection[Lesson]:
    """The lessons of a course that the actor still needs, who has `done` so much if that is known. Two statements."""
    ctx.require(Permission.LEARN)
    course = history.newest.course
    done = deeds(ctx, [course]) if done is None else done
    proof = None
    if any(edition.id in done for edition in history.chain[:-1]):  # else all of it is of the newest edition
        proof = my_proof(ctx, course)
    found = carried_over(ctx, [history], done, {course: proof.taught if proof else None})
    return rules.path(history.newest, found[course].shown)


def read_what_is_new(ctx: Context, course: str, digest: str) -> None:
    """Keep that the actor has read what is new in a course, up to the edition with a digest, which they were shown.

    Where nothing is asked it changes nothing. Raises NotFound if there is no such course,
    Conflict("more_than_reading") if there is something to be taken, Conflict("newer_meanwhile") if another edition
    was published since what is new was shown.
    """
    who = ctx.require(Permission.LEARN)
    found = my_newer(ctx, course)
    if found is None:
        return
    if found.effect != "inform":
        raise Conflict("more_than_reading")
    if found.last.digest != digest:
        raise Conflict("newer_meanwhile")
    register.record_receipt(ctx, who.person_id, course, found.last.id, "read")


def lessons_of_update(ctx: Context, course: str) -> list[str]:
    """The lessons on which the test of the actor's update asks. Raises NotFound, or Conflict("no_update")."""
    ctx.require(Permission.LEARN)
    found = my_newer(ctx, course)
    if found is None or found.effect != "update":
        raise Conflict("no_update")
    return list(tested_lessons(found.told, found.newest))


def may_check(ctx: Context, history: History, kind: rules.Kind) -> bool:
    """Whether the actor may take a test before a course, or a refresher of it, now. Two statements.

    Neither where newer editions ask for something: that is to be done first.
    """
    ctx.require(Permission.LEARN)
    edition = history.newest
    proof, mine = my_proof(ctx, edition.course), my_attempts(ctx, edition.course)
    taught = proof.taught if proof else None
    if newer(ctx, history, taught) is not None:
        return False
    return mine.may_show(edition) if kind == "pretest" else mine.may_refresh(ctx, edition, taught)
