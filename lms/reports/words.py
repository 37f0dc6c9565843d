"""Words that files and pages share: states, column heads, role names; one table each."""

from collections.abc import Callable

from lms.register.rules import Sought, State

Translate = Callable[[str], str]


def state_words(_: Translate) -> dict[State, str]:
    """The word for each state in a language; `_` translates."""
    return {
        State.VALID: _("Valid"),
        State.EXPIRING: _("Expires soon"),
        State.EXPIRED: _("Expired"),
        State.MISSING: _("Overdue"),
        State.UNDER_WAY: _("Under way"),
        State.NOT_YET_DUE: _("Not started"),
        State.EXEMPT: _("Exempt"),
        State.NOT_REQUIRED: _("Not required"),
    }


def sought_words(_: Translate) -> dict[State | Sought, str]:
    """The same, and the words for states taken together: what the register may be narrowed to."""
    one_by_one: dict[State | Sought, str] = {state: word for state, word in state_words(_).items()}  # noqa: C416
    return one_by_one | {
        Sought.ASKED: _("Asked for"),
        Sought.KNOWN: _("Can show it"),
        Sought.LACKING: _("Cannot show it"),
        Sought.LATE: _("Overdue or expired"),
    }


def register_heads(_: Translate) -> list[str]:
    """Column heads of the register file."""
    return [
        _("Employee number"), _("Family name"), _("First name"), _("Unit"), _("Title"), _("Course"), _("Status"),
        _("Complete by"), _("Completed on"), _("Valid until and including"), _("Edition"), _("Certificate number"),
    ]  # fmt: skip
