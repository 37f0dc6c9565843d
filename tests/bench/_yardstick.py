"""What pages are measured against: the same template with the same values in bare Flask, and a bare answer."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from jinja2 import Environment

from lms.base.i18n import make_environments
from lms.web import answers
from lms.web.navigation import address


class Recording:
    """Stands in for a template environment, and remembers which page was rendered last, with what values."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.name = ""
        self.values: dict[str, Any] = {}

    def get_template(self, name: str) -> "Recording":
        """Stands in for the template too."""
        self.name = name
        return self

    def render(self, values: dict[str, Any]) -> str:
        """Render the page for the answer."""
        self.values = values
        return self.env.get_template(self.name).render(values)


class Yardstick:
    """A bare Flask application with `/hello`, and a page for every recorded one: no session, database or view."""

    def __init__(self, static: Callable[[str], str]) -> None:
        self.app = Flask("yardstick", static_folder=None)
        self.environments = make_environments(
            url=address,  # which remembers the addresses that were asked for while the pages were recorded
            static=static,
            csrf_token=lambda: "a" * 91,
            points=answers.points,
        )
        self.app.add_url_rule("/hello", "hello", lambda: "hello")

    def add(self, path: str, recording: Recording, language: str) -> None:
        """Serve a recorded page under a path."""
        template = self.environments[language].get_template(recording.name)
        self.app.add_url_rule(path, path, lambda: template.render(recording.values))
