"""A page costs the same for ten people as for two thousand: statements, and bytes."""

import re

import pytest

from tests.crowd import grow
from tests.guards.test_urls import address, routes, things  # noqa: F401  (the fixture `things`)
from tests.web.staff_pages import counted

MOST = 6  # statements for a page
MORE = {  # where a decision is made, what would follow is worked out from all that asks, proves and relieves: five
    "employer.decide_certificate": 8,
    "public.verdict": 7,  # whether the holder is protected anywhere is asked across employers
    "public.verdict_json": 7,
    "staff.certificate_credential": 7,  # a file, found among those of all the person's employers
}
LOOKERS = {"staff": "amina", "lead": "karin", "employer": "maria", "public": "amina", "signin": "amina"}
NOT_A_PAGE = {  # files: of everybody, and of every table with rows about one
    "employer.register_file", "employer.finished_file", "staff.data_file",
}  # fmt: skip
QUERY = {"employer.expiring_soon": "?days=90"}  # so far ahead the list is longer than a page
WITH_EVERYBODY = {  # what the lead says there of everybody cannot be said on a part of the page
    "lead.meeting_notes",
}


def costs(app, house, browsers, known):
    """Statements and bytes of every page there is, by its rule."""
    found = {}
    for rule, method in routes(app):
        if method == "GET" and rule.endpoint not in NOT_A_PAGE:
            browser = browsers[rule.endpoint.split(".")[0]]
            path = address(
                rule, known | {"name": "none", "token": "none", "code": known["number"]}
            ) + QUERY.get(rule.endpoint, "")
            browser.get(path)  # what is read once per process has been read
            with counted(house) as sent:
                size = len(browser.get(path).data)
            found[rule.endpoint] = (len(sent), size)
    return found


@pytest.mark.timeout(600)  # two thousand people are made first
def test_pages_take_six_statements_and_do_not_grow_with_the_people(app, house, granvik, sign_in, things):  # noqa: F811
    browsers = {audience: sign_in(granvik, name) for audience, name in LOOKERS.items()}

    def costs_with(more):
        grow(house, "granvik", more, below="Björken", team=more)
        return costs(app, house, browsers, things)

    ten, full, many = costs_with(3), costs_with(390), costs_with(1600)  # beside the seven people of Granvik
    over = {page: sent for page, (sent, _size) in full.items() if sent > MORE.get(page, MOST)}
    assert over == {}
    for page, (statements, size) in full.items():
        assert ten[page][0] == many[page][0] == statements, page
        if page not in WITH_EVERYBODY:  # longer than with ten people, for a list has up to fifty lines
            assert many[page][1] <= size * 1.1 + 500, page  # a unit more to choose, and longer numbers
    assert len(full) > 40


@pytest.mark.parametrize(
    ("who", "path"), [("karin", "/team"), ("maria", "/register"), ("admin", "/org/people")]
)
def test_one_goes_through_a_long_list_page_by_page(house, granvik, sign_in, who, path):
    grow(house, "granvik", 120, below="Björken")
    browser = sign_in(granvik, who)
    seen, here = [], f"{path}?unit={granvik.unit('Björken').public_id}"
    while here:
        page = browser.get(here).text
        rows = re.findall(r'<tr role="row">\s*<t[dh] (?:role="cell"|scope="row").*?</tr>', page, re.DOTALL)
        assert 0 < len(rows) <= 50
        seen += [re.sub(r"<[^>]*>|\s+", " ", row) for row in rows]
        ahead = re.search(r'href="([^"]*)" rel="next"', page)
        here = ahead[1].replace("&amp;", "&") if ahead else ""
        assert not here or "unit=" in here  # the filter stays
    assert len(seen) == len(set(seen)) >= 120
    assert 'rel="prev"' in page


@pytest.mark.parametrize(("page", "status"), [("-1", 200), ("x", 200), ("2", 404), ("9" * 30, 404)])
def test_a_page_behind_the_last_is_not_there(granvik, sign_in, page, status):
    assert sign_in(granvik, "admin").get(f"/org/people?page={page}").status_code == status
