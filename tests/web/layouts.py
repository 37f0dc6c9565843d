"""Layouts of certificates that are tried and published, for the tests of their pages."""

from io import BytesIO

from sqlalchemy import select

import certificates
from lms.evidence.models import CertificateLayout, CertificateRow
from lms.jobs.worker import work_off
from tests.certificates.pictures import coat_of_arms

PAGE = "/settings/certificates"
OWN = {"base": "landscape-1", "colours": "own", "band_colour": "#8a1c2c", "text_colour": "#0b4f8a"}


def tried(granvik):
    with granvik.inside() as ctx:
        return ctx.db.scalars(select(CertificateLayout).order_by(CertificateLayout.id)).all()


def with_logo(**form):
    return OWN | {"logo": (BytesIO(coat_of_arms()), "arms.png")} | form


def publish(house, granvik, browser, form):
    """Try a layout, have its pages made, publish it; its name."""
    assert browser.post(PAGE, data=form).status_code == 303
    work_off(house)
    newest = tried(granvik)[-1]
    assert browser.post(f"{PAGE}/{newest.public_id}/publish").location == f"{PAGE}?published=1"
    return newest.name


def newest_content(granvik):
    with granvik.inside() as ctx:
        row = ctx.db.scalars(select(CertificateRow).order_by(CertificateRow.id.desc())).first()
        return row.id, certificates.from_canonical(row.content.encode())
