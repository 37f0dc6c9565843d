"""Layouts of certificates that somebody tries: the pages of their previews are made, and forgotten unless published."""

from typing import Any
from uuid import UUID

import certificates
from lms.base.context import House
from lms.evidence import layouts
from lms.evidence.queries import verify_url
from lms.organisation.acting import acting_for


def preview_layout(house: House, employer_id: int | None, ids: dict[str, Any]) -> str:
    """Somebody tries a layout: make its pages, each as a PDF and as a picture of that PDF, and only then say so."""
    layout = UUID(ids["layout"])
    with acting_for(house, employer_id, writes=False) as ctx:
        preview = layouts.preview_of(ctx, layout)
    if preview is None:
        return "needless"
    data = layouts.layout_data(house, preview.layout)
    for key, content in preview.pages.items():
        pdf = certificates.render_pdf(content, verify_url(house, content.number), layout=data)
        house.files.put(f"{key}pdf", pdf)
        house.files.put(f"{key}png", certificates.page_picture(pdf))
    with acting_for(house, employer_id) as ctx:
        layouts.note_previewed(ctx, layout)
    return "done"


def forget_layout(house: House, employer_id: int | None, ids: dict[str, Any]) -> None:
    """Two weeks after a layout was tried: forget it, unless it was published. Its data stay for others."""
    with acting_for(house, employer_id) as ctx:
        keys = layouts.forget_tried(ctx, UUID(ids["layout"]))
    for key in keys:
        house.files.delete(key)
