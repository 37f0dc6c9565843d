"""The main job on the demo municipality, as `make demo` serves it."""

import pytest

from tests.journeys.walk import walk


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_from_the_slip_to_the_register(site, visitor, tmp_path):
    walk(site.house, visitor, tmp_path)
