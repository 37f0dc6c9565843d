"""Layouts of certificates that somebody tries: the pages of their previews are made."""

from typing import Any
from uuid import UUID

import certificates
from lms.base.context import House
from lms.evidence import layout_previews
from lms.evidence.layouts import page_key, tried_data
from lms.evidence.queries import verify_url
from lms.organisation.acting import acting_for


def preview_layout(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Somebody tries a layout: make its pages, each as a PDF and as a picture of that PDF, and only then say so."""
    layout = UUID(ids["layout"])
    with acting_for(house, employer_id, writes=False) as ctx:
        pages, employer = layout_previews.preview_of(ctx, layout), ctx.employer_id
    data = tried_data(house, employer, layout)
    if not pages:
        return "needless"
    in_ours, on_two = [], []
    for name, content in pages.items():
        order = certificates.Order(content, verify_url(house, content.number), layout=data)
        sample = certificates.render_sample(order)
        if sample.fell_back:
            in_ours.append(name)
        if sample.sheets > 1:
            on_two.append(name)
        for kind, made in (("pdf", sample.pdf), ("png", certificates.page_picture(sample.pdf))):
            house.files.put(page_key(employer, layout, name, kind), made)
    with acting_for(house, employer_id) as ctx:
        layout_previews.note_previewed(ctx, layout, in_ours, on_two)
    return "done"
