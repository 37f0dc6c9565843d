"""What stands in a letter that is only looked at: nobody's name, and the courses of the country."""

from datetime import timedelta
from typing import Any

from lms.base.context import Context
from lms.base.i18n import catalogue as texts
from lms.catalogue import queries as catalogue
from lms.web.pages import house


def sample(ctx: Context, letter: str, language: str) -> dict[str, Any]:
    """The facts of a letter of a kind, as an example."""
    titles = [edition.text(language).title for edition in catalogue.current_editions(ctx)] or ["–"]
    first, second = titles[0], titles[-1]
    late, soon, later = (ctx.today + timedelta(days=days) for days in (-15, 3, 30))
    _ = texts(language).gettext
    somebody, unit = _("A colleague"), _("A unit")
    always = {
        "given_name": ctx.who.name.split()[0], "today": ctx.today, "public_url": house().settings.public_url,
        "link": "/team", "opening": "", "closing": "",
    }  # fmt: skip
    by_letter: dict[str, dict[str, Any]] = {
        "reminder": {
            "one": "", "overdue": [(first, late, False)], "due": [(second, soon, False)], "expiring": [],
            "link": "/todo",
        },
        "escalation": {"people": [(somebody, unit, first, late, False)], "count": 1, "more": 0},
        "digest": {
            "overdue": [(somebody, unit, first, late, False)], "expiring": [(somebody, unit, second, later, False)],
            "new": [(somebody, unit)], "done": [(somebody, first)], "ahead": 60, "stop_link": "/me/messages",
            "more": dict.fromkeys(("overdue", "expiring", "new", "done"), 0),
        },
    }  # fmt: skip
    return always | by_letter[letter]
