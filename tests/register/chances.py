"""All that may happen in the municipality, by chance."""

from collections import Counter
from datetime import timedelta

from lms.base.errors import Refusal
from tests.register.chances_of_courses import ChancesOfCourses
from tests.register.municipality import NothingToDo

EVENTS = {  # how often, against each other
    "hire": 3, "move": 5, "undo": 2, "work_elsewhere": 2, "leave": 2, "correct_job": 4, "believe_job": 2, "go_away": 4,
    "correct_away": 3, "place_unit": 2, "require": 3, "change_rule": 4, "end_rule": 2, "assign": 5, "withdraw": 2,
    "dispense": 5, "end_dispensation": 3, "begin": 6, "learn": 10, "prove_late": 4, "revoke": 3, "reinstate": 3,
    "correct_name": 3, "take_update": 4, "publish": 2,
}  # fmt: skip


class Chances(ChancesOfCourses):
    """Lets things happen; counts what has happened, and what could not."""

    def __init__(self, house, random):
        super().__init__(house, random)
        self.done, self.refused = Counter(), Counter()

    def happen(self, event=None):
        """Let something happen, a minute after what happened before."""
        self.now += timedelta(minutes=1)
        event = event or self.random.choices([*EVENTS], [*EVENTS.values()])[0]
        try:
            getattr(self, event)()
        except (Refusal, NothingToDo):
            self.refused[event] += 1
        else:
            self.done[event] += 1
