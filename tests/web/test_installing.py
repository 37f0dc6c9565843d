"""Kunnig among the apps of a phone: the manifest, in every language, and the icons it names."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image

from lms.base.i18n import LANGUAGES, catalogue


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manifest_of_a_page_is_in_its_language_and_all_it_names_is_there(client, language):
    client.set_cookie("language", language)
    page = client.get("/sign-in").text
    address = f"/app/{language}.webmanifest"
    assert f'<link rel="manifest" href="{address}">' in page
    answer = client.get(address)
    assert answer.mimetype == "application/manifest+json"
    said = answer.json
    assert (said["lang"], said["start_url"], said["scope"], said["display"]) == (
        language,
        "/",
        "/",
        "standalone",
    )
    _ = catalogue(language).gettext
    assert [each["name"] for each in said["shortcuts"]] == [_("To do"), _("Courses"), _("Certificates")]
    for each in said["shortcuts"]:
        assert client.get(each["url"]).status_code in {200, 303}
    for icon in said["icons"]:
        with client.get(urlsplit(icon["src"]).path) as got:
            assert (got.status_code, got.mimetype) == (200, icon["type"])
            if icon["type"] == "image/png":
                assert Image.open(BytesIO(got.data)).size == tuple(map(int, icon["sizes"].split("x")))
    assert {icon.get("purpose", "any") for icon in said["icons"]} == {"any", "maskable"}


def test_a_phone_that_has_the_manifest_gets_it_again_only_when_it_has_changed(client):
    tag = client.get("/app/sv.webmanifest").headers["ETag"]
    again = client.get("/app/sv.webmanifest", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get("/app/fi.webmanifest", headers={"If-None-Match": tag}).status_code == 200


def test_there_is_none_in_a_language_we_have_not(client):
    assert client.get("/app/xx.webmanifest").status_code == 404
