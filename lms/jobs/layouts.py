"""Layouts of certificates that somebody tries: the pages of their previews are made."""

from typing import Any
from uuid import UUID

import certificates
from lms.base.context import House
from lms.evidence import layout_previews
from lms.evidence.layouts import tried_data
from lms.evidence.queries import verify_url
from lms.organisation.acting import acting_for


def preview_layout(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Somebody tries a layout: make its pages, each as a PDF and as a picture of that PDF, and only then say so."""
    layout = UUID(ids["layout"])
    with acting_for(house, employer_id, writes=False) as ctx:
        pages, data = layout_previews.preview_of(ctx, layout), tried_data(house, ctx.employer_id, layout)
    if not pages:
        return "needless"
    for key, content in pages.items():
        pdf = certificates.render_pdf(content, verify_url(house, content.number), layout=data)
        house.files.put(f"{key}pdf", pdf)
        house.files.put(f"{key}png", certificates.page_picture(pdf))
    with acting_for(house, employer_id) as ctx:
        layout_previews.note_previewed(ctx, layout)
    return "done"
