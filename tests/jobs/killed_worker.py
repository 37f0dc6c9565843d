"""A worker that kills itself at a named point of the outbox, again and again, until nothing is left to do.

Each round is a fork, that is a process of its own, which wraps the functions of the worker and is killed by
SIGKILL when it comes to the point: the first time in the first round, in later ones at the second time, since
the first is the task that the round before it left half done. A lease is over from one round to the next.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from lms.base.context import make_house
from lms.base.files import LocalFiles
from lms.base.outbox import LEASE
from lms.base.settings import read_settings
from lms.jobs import mail, sign_in, worker

MOST_ROUNDS = 50


class Bomb:
    """Kills this process at the given visit."""

    def __init__(self, visit: int) -> None:
        self.left = visit

    def visit(self) -> None:
        """Come by once more."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with a visit before it."""

        def acted(*arguments: Any, **options: Any) -> Any:
            self.visit()
            return act(*arguments, **options)

        return acted

    def after(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with a visit after it."""

        def acted(*arguments: Any, **options: Any) -> Any:
            result = act(*arguments, **options)
            self.visit()
            return result

        return acted


def wrap_stories(wrap: Callable[..., Any]) -> None:
    """Wrap every story."""
    for kind, story in worker.STORIES.items():
        worker.STORIES[kind] = wrap(story)


def set_up(point: str, bomb: Bomb) -> None:
    """Put the bomb where it belongs."""
    match point:
        case "before claim":
            worker.claim = bomb.before(worker.claim)
        case "claimed, not committed":
            worker.claim = bomb.after(worker.claim)
        case "before effect":
            wrap_stories(bomb.before)
        case "mail sent":
            mail.send = sign_in.send = bomb.after(mail.send)
        case "file stored":
            LocalFiles.put = bomb.after(LocalFiles.put)
        case "after effect":
            wrap_stories(bomb.after)
        case "before mark":
            worker.finish = bomb.before(worker.finish)
        case "marked, not committed":
            worker.finish = bomb.after(worker.finish)
        case "never":
            pass


def main(point: str) -> None:
    """Work until a round ends by itself; exits with the number of rounds that were killed."""
    for number in range(MOST_ROUNDS):
        child = os.fork()
        if child == 0:
            set_up(point, Bomb(min(number, 1) + 1))
            worker.work_off(make_house(read_settings()), ahead=(number + 1) * 2 * LEASE)
            os._exit(0)
        _child, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.exit(number if os.WEXITSTATUS(status) == 0 else 255)
        assert os.WTERMSIG(status) == signal.SIGKILL
    sys.exit(254)


if __name__ == "__main__":
    main(sys.argv[1])
