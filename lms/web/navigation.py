"""Where pages are, which of them somebody lands on, and the menu that leads through them."""

import functools
from typing import Any

from flask import request, url_for

from lms.base.access import Permission, Role
from lms.base.context import Context
from lms.base.i18n import catalogue
from lms.organisation.visitors import Visitor
from lms.web.steps import step_of

STAFF_NAV = (
    ("staff.todo", "todo"),
    ("staff.courses", "book"),
    ("staff.plan", "route"),
    ("staff.certificates", "seal"),
    ("lead.sittings", "pen"),
)
LEAD_NAV = (
    ("lead.team", "users"),
    ("lead.assign", "plus"),
    ("lead.meetings", "msg"),
    ("lead.plans", "route"),
    ("lead.sittings", "pen"),
    ("employer.register", "seal"),
    ("staff.todo", "todo"),
)
EMPLOYER_NAV = (
    ("employer.register", "seal"),
    ("employer.organisation", "tree"),
    ("employer.people", "users"),
    ("staff.todo", "todo"),
)
REGISTER_TABS = (  # the pages of the register
    "employer.register",
    "employer.coverage",
    "employer.critical",
    "employer.expiring_soon",
    "employer.requirements",
    "employer.register_files",
)
BELOW = {  # pages that belong to one of the menu, though their addresses do not say so
    "employer.requirements": "employer.register",
    "employer.auditors_page": "employer.organisation",
    "employer.message_settings": "employer.organisation",
    "employer.sign_in": "employer.organisation",
    "employer.certificate_layout": "employer.organisation",
}
NAV_NEEDS = {
    "lead.sittings": Permission.OPEN_EXAM,
    "employer.register": Permission.SEE_REGISTER,
    "employer.organisation": Permission.SEE_ORGANISATION,
    "employer.people": Permission.SEE_ORGANISATION,
    "employer.register_files": Permission.EXPORT_REGISTER,
    "staff.todo": Permission.LEARN,
    "staff.courses": Permission.LEARN,
    "staff.plan": Permission.LEARN,
}


def address(endpoint: str, **values: object) -> str:
    """Path of a page, as `url_for` gives it; pages link to the same ones again and again.

    Whoever reads a page has no part in its addresses, so they are kept for everybody.
    """
    return _address(endpoint, tuple(values.items()))


@functools.lru_cache(maxsize=4096)
def _address(endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


def _nav_label(endpoint: str, language: str) -> str:
    """Words of the navigation; what is a lead's or employer's own learning is called so."""
    _ = catalogue(language).gettext
    return {
        "staff.todo": _("To do"),
        "staff.courses": _("Courses"),
        "staff.plan": _("My plan"),
        "staff.certificates": _("Certificates"),
        "lead.team": _("My unit"),
        "lead.assign": _("Assign"),
        "lead.meetings": _("Meetings"),
        "lead.plans": _("Plans"),
        "lead.sittings": _("Exams"),
        "employer.register": _("Register"),
        "employer.organisation": _("Organisation"),
        "employer.people": _("People"),
        "own": _("My own"),
    }[endpoint]


def audience(who: Visitor) -> str:
    """Whose pages somebody lands on: employer, lead or staff (a lead also has the staff pages).

    A lead who is an auditor for a time still leads: the register stands in their menu.
    """
    if who.actor.may(Permission.IMPORT_PEOPLE):
        return "employer"
    if who.actor.has(Role.LEAD):
        return "lead"
    return "employer" if who.actor.may(Permission.SEE_REGISTER) else "staff"


def landing_endpoint(who: Visitor) -> str:
    """The first page after sign-in."""
    home = audience(who)
    if home == "employer":
        return "employer.register" if who.actor.may(Permission.SEE_REGISTER) else "employer.organisation"
    if home == "staff" and not who.actor.may(Permission.LEARN):
        return "staff.me"  # who does not work here (any more), and an auditor whose days are over
    return {"lead": "lead.team", "staff": "staff.todo"}[home]


def landing(who: Visitor) -> str:
    """Address of the first page after sign-in."""
    return address(landing_endpoint(who))


def navigation(who: Visitor | None, context: Context | None, language: str) -> list[dict[str, object]]:
    """The menu: that of the pages somebody is on; leads and employers reach their own learning from theirs."""
    if who is None or context is None or step_of(who, context) is not None:
        return []
    home = audience(who)
    on_staff_pages = request.blueprint == "staff" or home == "staff"
    entries = STAFF_NAV if on_staff_pages else {"employer": EMPLOYER_NAV, "lead": LEAD_NAV}[home]
    area = _area([address(endpoint) for endpoint, _icon in entries])
    items: list[dict[str, object]] = [
        {
            "key": endpoint,
            "href": address(endpoint),
            "icon": icon,
            "label": _nav_label(
                "own" if endpoint == "staff.todo" and not on_staff_pages else endpoint, language
            ),
            "current": "" if address(endpoint) != area else "page" if request.path == area else "true",
            "where": "",
        }
        for endpoint, icon in entries
        if endpoint not in NAV_NEEDS or who.actor.may(NAV_NEEDS[endpoint])
    ]
    if on_staff_pages and home != "staff":
        back = {"lead": "lead.team", "employer": landing_endpoint(who)}[home]
        label = _nav_label(back, language)
        items.append(
            {
                "key": back,
                "href": address(back),
                "icon": "users",
                "label": label,
                "current": "",
                "where": "",
            }
        )
    return items


def register_tabs(who: Visitor, language: str) -> list[dict[str, str]]:
    """The pages of the register that somebody sees, for the row of links on each of them."""
    _ = catalogue(language).gettext
    words = {
        "employer.register": _("All rows"),
        "employer.coverage": _("Coverage"),
        "employer.critical": _("Critical"),
        "employer.expiring_soon": _("Runs out"),
        "employer.requirements": _("Requirements"),
        "employer.register_files": _("Files"),
    }
    area = _nearest(request.path, [address(endpoint) for endpoint in REGISTER_TABS])
    return [
        {
            "href": address(endpoint),
            "label": words[endpoint],
            "current": "" if address(endpoint) != area else "page" if request.path == area else "true",
        }
        for endpoint in REGISTER_TABS
        if endpoint not in NAV_NEEDS or who.actor.may(NAV_NEEDS[endpoint])
    ]


def _area(addresses: list[str]) -> str:
    """Address of the menu item this page is or lies below, the nearest one; empty for a page of none."""
    here = request.path
    if request.endpoint == "staff.meeting":  # opened from there
        here = address("staff.todo")
    for endpoint, above in BELOW.items():
        if _nearest(here, [address(endpoint)]):
            here = address(above)
    return _nearest(here, addresses)


def _nearest(here: str, addresses: list[str]) -> str:
    above = [address for address in addresses if f"{here}/".startswith(f"{address}/")]
    return max(above, key=len, default="")
