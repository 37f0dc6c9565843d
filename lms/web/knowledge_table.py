"""What heads the table of people and courses, for those who lead a unit and for those who see the register."""

from collections.abc import Mapping
from dataclasses import dataclass

from lms.catalogue.values import Edition
from lms.register.team import TeamCounts


@dataclass(frozen=True, slots=True)
class Column:
    """One course of the knowledge table: how many of those it is asked of have it."""

    course: str
    title: str
    look: Mapping[str, str]
    known: int
    asked: int


def columns_of(counts: TeamCounts, editions: Mapping[str, Edition], language: str) -> list[Column]:
    """A column for every course that is asked of somebody, in the order of the catalogue."""
    order = {course: place for place, course in enumerate(editions)}
    return [
        Column(
            course=course,
            title=editions[course].text(language).title if course in editions else course,
            look=editions[course].look if course in editions else {"band": "bra", "icon": "book"},
            known=counts.known(course),
            asked=sum(counts.states[course].values()),
        )
        for course in sorted(counts.states, key=lambda course: order.get(course, len(order)))
    ]
