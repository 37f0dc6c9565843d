"""The accessibility statement: what it is about, and whom to tell what does not work."""

import pytest

from lms.app import create_app
from lms.base.context import House


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("mailto:tillganglighet@granvik.example", ">tillganglighet@granvik.example<"),
        ("tel:+46-555-0100", ">+46-555-0100<"),
        ("https://granvik.example/tyck", ">https://granvik.example/tyck<"),
    ],
)
def test_names_the_contact_that_was_set(house, contact, shown):
    settings = house.settings.model_copy(update={"accessibility_contact": contact})
    page = (
        create_app(house=House(settings, house.engine, house.files)).test_client().get("/accessibility").text
    )
    assert f'href="{contact}"' in page
    assert shown in page


def test_without_a_contact_the_employer_is_told(english):
    page = english("amina").get("/accessibility").text
    assert "mailto:" not in page
    assert "used by Granviks kommun" in page
    assert "tell your manager" in page
