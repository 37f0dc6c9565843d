"""A page of a PDF as a picture, to be looked at before anything is issued."""

from io import BytesIO

DOTS_PER_INCH = 96
_POINTS_PER_INCH = 72


def page_picture(pdf: bytes) -> bytes:
    """The first page of a PDF of ours as a PNG, as large as it is on paper at 96 dots an inch."""
    import pypdfium2  # noqa: PLC0415 (a web process never needs it)

    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[0].render(scale=DOTS_PER_INCH / _POINTS_PER_INCH).to_pil()
    finally:
        document.close()
    file = BytesIO()
    picture.quantize(256).save(file, "PNG", optimize=True)
    return file.getvalue()
