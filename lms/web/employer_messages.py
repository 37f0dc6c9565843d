"""Messages of the employer: the log of them, when they go and in which words, a test message."""

import re
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from flask import current_app, redirect, request, url_for
from jinja2 import Environment
from marshmallow import fields
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import Invalid, NotFound
from lms.base.i18n import LANGUAGES, VARIANT_OF
from lms.messages.log import KINDS, OUTCOMES, LogFilter, log_totals, message_log
from lms.messages.queries import words, words_below
from lms.messages.settings import TermsNow, last_test, own_words, send_test, set_terms, set_words, terms_now
from lms.messages.terms import LONGEST_LINE, WORDED, Terms, Words
from lms.web.blueprints import employer as blueprint
from lms.web.lead_forms import LeadForm, sent
from lms.web.message_samples import sample
from lms.web.pages import page, render
from lms.web.paging import ROWS, Paging, first_row

SWITCHES = ("reminders", "escalations", "digests", "weekends_off")
LISTS = ("due_days", "expiry_days")
LOOKED_FOR = timedelta(minutes=2)  # how long the page looks again by itself for what became of a test


class TermsForm(LeadForm):
    """The terms as they are written down; days in lists stand as people write them: `14, 3`."""

    due_days = fields.Str(load_default="")
    expiry_days = fields.Str(load_default="")
    overdue_every = fields.Int(load_default=None)
    overdue_most = fields.Int(load_default=None)
    lead_after = fields.Int(load_default=None)
    above_after = fields.Int(load_default=None)
    digest_weekday = fields.Int(load_default=None)
    quiet_from = fields.Time(load_default=None)
    quiet_to = fields.Time(load_default=None)


class WordsForm(LeadForm):
    """A first and a last line."""

    opening = fields.Str(load_default="")
    closing = fields.Str(load_default="")


TERMS, WORDS = TermsForm(), WordsForm()


@page(blueprint, "/org/messages", needs=Permission.SEE_MESSAGES)
def messages(ctx: Context) -> Response:
    """Which messages went to whom, and why others did not."""
    chosen = _narrowed()
    start = first_row()
    lines, count = message_log(ctx, chosen, start=start, limit=ROWS)
    return render(
        "employer/messages.html",
        lines=lines,
        paging=Paging(start, count),
        totals=log_totals(ctx),
        chosen=chosen,
        active=sum(bool(value) for value in asdict(chosen).values()),
        kinds=KINDS,
        outcomes=OUTCOMES,
        may_set=ctx.who.may(Permission.SET_MESSAGES),
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
    )


def _narrowed() -> LogFilter:
    """The filter of this request; what is none of ours narrows nothing."""
    kind, outcome = request.args.get("kind", ""), request.args.get("outcome", "")
    return LogFilter(
        kind=kind if kind in KINDS else "",
        outcome=outcome if outcome in OUTCOMES else "",
        text=request.args.get("text", "").replace("\0", "")[:80].strip(),
    )


@page(blueprint, "/settings/messages", needs=Permission.SET_MESSAGES)
def message_settings(ctx: Context) -> Response:
    """On which days, at which hours; the words; and what became of the last test message."""
    return _show(ctx, terms_now(ctx))


@page(blueprint, "/settings/messages", methods=("POST",), writes=True, needs=Permission.SET_MESSAGES)
def save_message_settings(ctx: Context) -> Response:
    """Keep the days and hours."""
    wanted, given, faults = _wanted()
    if not faults:
        try:
            set_terms(ctx, wanted)
        except Invalid as refusal:
            faults = dict(refusal.fields)
    if faults:
        return _show(ctx, replace(terms_now(ctx), terms=wanted), status=422, faults=faults, given=given)
    return redirect(url_for("employer.message_settings", saved=1), 303)


@page(blueprint, "/settings/messages/test", methods=("POST",), writes=True, needs=Permission.SET_MESSAGES)
def send_test_message(ctx: Context) -> Response:
    """Send a test message to oneself; the page then says what became of it."""
    send_test(ctx)
    return redirect(url_for("employer.message_settings", test=1) + "#test", 303)


@page(blueprint, "/settings/messages/words/<letter>/<language>", needs=Permission.SET_MESSAGES)
def message_words(ctx: Context, letter: str, language: str) -> Response:
    """The employer's own first and last line of a kind of letter in a language, and the letter with them."""
    return _show_words(ctx, letter, language, words(ctx, letter, language))


@page(
    blueprint,
    "/settings/messages/words/<letter>/<language>",
    methods=("POST",),
    writes=True,
    needs=Permission.SET_MESSAGES,
)
def save_message_words(ctx: Context, letter: str, language: str) -> Response:
    """Keep the lines, or only show the letter with them, or bring back the usual ones."""
    values, _faults = sent(WORDS, request.form)
    lines = {name: re.sub(r"\s+", " ", value).strip() for name, value in values.items()}
    wanted = Words() if "reset" in request.form else Words(**lines)
    if "preview" in request.form or wanted.faults():
        return _show_words(ctx, letter, language, wanted)
    set_words(ctx, letter, language, wanted)
    return redirect(url_for("employer.message_words", letter=letter, language=language, saved=1), 303)


def _wanted() -> tuple[Terms, dict[str, Any], dict[str, str]]:
    """The terms that were sent, the form as it was filled in, and its faults by field."""
    given, faults = sent(TERMS, request.form)
    usual = asdict(Terms())
    values: dict[str, Any] = {
        name: usual[name] if value is None else _days(value) if name in LISTS else value
        for name, value in given.items()
    }
    faults |= {name: "missing" for name, value in given.items() if value is None and name not in faults}
    faults |= {name: "unreadable" for name in LISTS if not _is_list(given[name])}
    values |= {name: name in request.form for name in SWITCHES}
    return Terms(**values), given, faults


def _is_list(text: str) -> bool:
    """Whether it is numbers of days, or nothing, for no reminder."""
    return re.fullmatch(r"[\d\s,;.]*", text) is not None


def _days(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(number) for number in re.findall(r"\d{1,6}", text)}, reverse=True))


def _show(
    ctx: Context,
    now: TermsNow,
    *,
    status: int = 200,
    faults: dict[str, str] | None = None,
    given: dict[str, Any] | None = None,
) -> Response:
    test = last_test(ctx)
    looks_again = (
        test is not None
        and test.message.outcome == "waiting"
        and ctx.now - test.message.created_at < LOOKED_FOR
    )
    response = render(
        "employer/message_settings.html",
        status=status,
        terms=now.terms,
        lists={
            name: (given or {}).get(name, ", ".join(map(str, getattr(now.terms, name)))) for name in LISTS
        },
        now=now,
        faults=faults or {},
        test=test,
        looks_again=looks_again,
        own_words=own_words(ctx),
        worded=WORDED,
        languages_of_letters=LANGUAGES,
        may_read_log=ctx.who.may(Permission.SEE_MESSAGES),
        day_of=ctx.day_of,
        time_zone=ctx.time_zone,
        saved="saved" in request.args,
    )
    if (
        looks_again and status == 200 and "test" in request.args
    ):  # who has just asked for it waits, and types nothing
        response.headers["Refresh"] = "3"  # seconds
    return response


def _show_words(ctx: Context, letter: str, language: str, lines: Words) -> Response:
    if letter not in WORDED or language not in LANGUAGES:
        raise NotFound
    env: Environment = current_app.extensions["templates"][language]
    template = env.get_template(f"email/{letter}.txt")
    usual, below = sample(ctx, letter, language), words_below(ctx, letter, language)
    subject, text = template.render(usual | asdict(lines.over(below))).strip().split("\n", 1)
    faults = lines.faults()
    return render(
        "employer/message_words.html",
        status=422 if faults else 200,
        letter=letter,
        language=language,
        lines=lines,
        below=below,
        below_language=VARIANT_OF.get(language),
        faults=faults,
        longest=LONGEST_LINE,
        subject=subject,
        text=text.strip().splitlines(),
        worded=WORDED,
        languages_of_letters=LANGUAGES,
        saved="saved" in request.args,
    )
