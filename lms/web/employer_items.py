"""How well the questions of an exam work: for authors, over everybody at the employer, never who answered what."""

from datetime import timedelta
from fractions import Fraction

from flask import request
from werkzeug.wrappers import Response

from lms.base.access import Permission
from lms.base.context import Context
from lms.base.errors import NotFound
from lms.base.i18n import LANGUAGES
from lms.catalogue import queries as catalogue
from lms.catalogue.items.numbers import written
from lms.learning.figure_rules import ENOUGH, FIRST_GROUP, counted_until
from lms.learning.item_quality import item_figures
from lms.web.blueprints import employer as blueprint
from lms.web.pages import page, render


@page(blueprint, "/org/courses/<course>/items", needs=Permission.SEE_ITEMS)
def items(ctx: Context, course: str) -> Response:
    """The questions of an edition's exam, those to look at first; by language of the exam, if so chosen."""
    history = catalogue.history(ctx, course)
    editions = {each.label: each for each in reversed(history.chain)}
    label = request.args.get("edition") or history.newest.label
    if label not in editions:
        raise NotFound
    edition = catalogue.content(ctx, editions[label])
    language = request.args.get("language", "")
    if language and language not in edition.languages:
        language = ""  # the edition chosen has not got it
    figures = item_figures(ctx, edition, language)
    return render(
        "employer/items.html",
        edition=edition,
        text=edition.text(ctx.language),
        editions=list(editions),
        language=language,
        names={code: LANGUAGES.get(code, code) for code in edition.languages},
        apart={
            each.item.id: written(Fraction(round(10 * each.discrimination), 10), ctx.language)
            for each in figures
            if each.discrimination is not None
        },
        marked=[each for each in figures if each.advice],
        others=[each for each in figures if not each.advice],
        unanswered=sum(item.use == "exam" for item in edition.items.values()) - len(figures),
        until=counted_until(ctx.today) - timedelta(days=1),
        least=FIRST_GROUP,
        enough=ENOUGH,
    )
