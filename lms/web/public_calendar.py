"""The calendar behind a secret address, as the calendars of phones fetch it."""

from flask import request
from werkzeug.wrappers import Response

from lms.base.context import Context
from lms.base.errors import NotFound
from lms.identity.actions import count_try
from lms.reports.calendar_feed import calendar_at
from lms.web.blueprints import public as blueprint
from lms.web.pages import house, page

PRIVATE = {  # the address lets somebody in: it goes into no index and no shared cache
    "Cache-Control": "private, no-cache",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
}


@page(blueprint, "/calendar/<token>.ics", public=True)
def calendar(ctx: Context, token: str) -> Response:
    """What is ahead for one person, as iCalendar; 304 for whoever has it already.

    Addresses that lead nowhere are counted and answer alike. Right ones are not: one service fetches those of many.
    """
    try:
        fetched = calendar_at(ctx, token)
    except NotFound:
        count_try(house(), "calendar", request.remote_addr or "", ctx.now)
        raise
    response = Response(fetched.data, content_type="text/calendar; charset=utf-8")
    response.headers.update(PRIVATE)
    response.headers["Content-Disposition"] = 'inline; filename="kunnig.ics"'
    response.set_etag(fetched.etag)
    return response.make_conditional(request)
