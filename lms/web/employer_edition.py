"""Certificates of an edition that is not to count any more: which of them end, and which stay, person by person.

What is ticked goes along in the form from page to page and from filter to filter, so that it works without scripts.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from marshmallow import fields, validate
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.catalogue import queries as catalogue
from lms.catalogue.queries import History
from lms.evidence.actions import LONGEST_REASON, MOST_AT_ONCE, end_certificates, note_kept
from lms.evidence.of_edition import (
    DECIDED,
    Holder,
    Narrowed,
    chosen_holders,
    counts_by_edition,
    holders,
)
from lms.organisation.queries import units_in_reach
from lms.web.blueprints import employer as blueprint
from lms.web.employer_certificates import may_give_time
from lms.web.lead_forms import LeadForm, sent
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging


class EndingForm(LeadForm):
    """What the list is narrowed to, which page of it is shown, what is ticked there and was elsewhere, and why."""

    edition = fields.Str(load_default="")
    unit = fields.UUID(load_default=None)
    decided = fields.Str(load_default="", validate=validate.OneOf(DECIDED))
    shown = fields.Int(load_default=1, validate=validate.Range(1, 10_000))  # page
    to = fields.Int(load_default=None, validate=validate.Range(1, 10_000))  # page that is asked for instead
    numbers = fields.List(fields.Str(), load_default=list)
    elsewhere = fields.Str(load_default="")  # numbers with spaces between them
    of = fields.Str(load_default="")  # the edition that they are of
    step = fields.Str(load_default="", validate=validate.OneOf(("show", "all", "none")))
    look = fields.Int(load_default=None, validate=validate.Range(1, 10_000))  # page of what follows
    reason = fields.Str(load_default="")


ENDING = EndingForm()


@page(blueprint, "/register/editions/<course>", needs=Permission.REVOKE_CERTIFICATE)
def edition_certificates(ctx: Context, course: str) -> Response:
    """Who holds a certificate of an edition; one or several of them can be ended, or kept."""
    return _choose(ctx, course, sent(ENDING, request.args)[0], {})


@page(blueprint, "/register/editions/<course>", methods=("POST",), needs=Permission.REVOKE_CERTIFICATE)
def choose_edition_certificates(ctx: Context, course: str) -> Response:
    """Another page or filter with what is ticked, all or none of the list, or what follows for those chosen."""
    values = _values()
    if values["look"] is None:
        return _choose(ctx, course, values, {})
    if not values["numbers"]:
        return _choose(ctx, course, values, {"numbers": "missing"})
    return _preview(ctx, course, values, {})


@page(
    blueprint,
    "/register/editions/<course>/<decision>",
    methods=("POST",),
    writes=True,
    needs=Permission.REVOKE_CERTIFICATE,
)
def decide_edition_certificates(ctx: Context, course: str, decision: str) -> Response:
    """End those that are chosen, or let them stay; the register follows at once."""
    values = _values()
    try:
        if decision == "end":
            done = end_certificates(ctx, values["numbers"], values["reason"])
        elif decision == "keep":
            done = note_kept(ctx, values["numbers"])
        else:
            raise NotFound
    except Invalid as refusal:
        show = _choose if "numbers" in refusal.fields else _preview
        return show(ctx, course, values, refusal.fields)
    back = {name: values[name] for name in ("edition", "unit", "decided") if values[name]}
    back["ended" if decision == "end" else "kept"] = done
    return redirect(url_for("employer.edition_certificates", course=course, **back), 303)


def _values() -> dict[str, Any]:
    """What was sent; `numbers` are all that are chosen, here and elsewhere, of the edition that is shown."""
    values, _faults = sent(ENDING, request.form, "numbers")
    chosen = {*values["numbers"], *values["elsewhere"].split()}
    is_same = values["of"] in {"", values["edition"]}
    return values | {"numbers": sorted(chosen) if is_same and values["step"] != "none" else []}


def _edition(ctx: Context, course: str, label: str) -> tuple[History, dict[str, int], str, list[int]]:
    """A course, how many certificates of each edition count, the edition wanted (or the newest), and its ids."""
    history, counts = catalogue.history(ctx, course), counts_by_edition(ctx, course)
    held: dict[str, int] = Counter()
    for each in reversed(history.chain):
        held[each.label] += counts.get(each.id, 0)
    wanted = label or next(iter(held))
    if wanted not in held:
        raise NotFound
    return history, held, wanted, [each.id for each in history.chain if each.label == wanted]


def _choose(
    ctx: Context, course: str, values: Mapping[str, Any], faults: Mapping[str, str], *, gone: bool = False
) -> Response:
    history, held, wanted, ids = _edition(ctx, course, values["edition"])
    narrowed = Narrowed(values["unit"], values["decided"])
    start = ROWS * ((values["to"] or (1 if values["step"] == "show" else values["shown"])) - 1)
    found = holders(ctx, ids, narrowed, start=start, limit=ROWS)
    if start and not found.lines:  # others have decided meanwhile
        start, found = 0, holders(ctx, ids, narrowed, limit=ROWS)
    chosen = set(values["numbers"])
    if values["step"] == "all":
        every = holders(ctx, ids, narrowed, limit=MOST_AT_ONCE).lines
        chosen |= {each.number for each in every}
    return render(
        "employer/certificates_of_edition.html",
        status=422 if faults else 200,
        course=course,
        text=history.newest.text(ctx.language),
        held=held,
        edition=wanted,
        units=units_in_reach(ctx, Permission.REVOKE_CERTIFICATE),
        narrowed=narrowed,
        holders=found.lines,
        paging=Paging(start, found.size),
        chosen=chosen,
        elsewhere=sorted(chosen - {each.number for each in found.lines}),
        most=MOST_AT_ONCE,
        reason=values["reason"],
        gone=gone,
        faults=faults,
        ended=request.args.get("ended", type=int),
        kept=request.args.get("kept", type=int),
    )


def _preview(ctx: Context, course: str, values: Mapping[str, Any], faults: Mapping[str, str]) -> Response:
    if len(values["numbers"]) > MOST_AT_ONCE:
        return _choose(ctx, course, values, {"numbers": "too_many"})
    history, _held, wanted, ids = _edition(ctx, course, values["edition"])
    chosen = chosen_holders(ctx, ids, values["numbers"])
    if not chosen:  # others have decided meanwhile
        return _choose(ctx, course, {**values, "numbers": []}, {}, gone=True)
    start = ROWS * ((values["look"] or 1) - 1)
    return render(
        "employer/certificates_to_end.html",
        status=422 if faults else 200,
        course=course,
        text=history.newest.text(ctx.language),
        edition=wanted,
        narrowed=Narrowed(values["unit"], values["decided"]),
        chosen=chosen,
        holders=chosen[start : start + ROWS],
        paging=Paging(start, len(chosen)),
        totals=Counter(_outcome(each) for each in chosen),
        may_give_time=may_give_time(ctx),
        reason=values["reason"],
        faults=faults,
        longest=LONGEST_REASON,
    )


def _outcome(holder: Holder) -> str:
    """What ending it means for somebody, in a word: late at once, something to do, or nothing."""
    return "late" if holder.late else "to_do" if holder.changes else "nothing"
