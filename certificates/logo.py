"""An employer's logo: whatever picture was sent becomes one plain PNG of the size that is printed, or is refused."""

from io import BytesIO

from certificates.layout import MOST_LOGO_BYTES, LayoutError

_MOST_PIXELS = 4_000_000
_PRINTED = (472, 214)  # 40 x 18 mm at 300 dots an inch
_OPAQUE = (255, 255)


def normalised_logo(data: bytes) -> bytes:
    """A PNG with nothing in it but the picture: RGB or RGBA, at most 40 x 18 mm at 300 dpi, the same bytes each time.

    Raises LayoutError for another kind of file, one that is broken, and one too large to be looked at.
    """
    from PIL import Image  # noqa: PLC0415 (a web process needs it for nothing else)

    if len(data) > MOST_LOGO_BYTES:
        raise LayoutError("logo", "too_large")
    try:
        Image.open(BytesIO(data), formats=["PNG"]).verify()  # each part whole: reading it would fill gaps
        file = Image.open(BytesIO(data), formats=["PNG"])
        is_large = file.width * file.height > _MOST_PIXELS
        picture: Image.Image = file if is_large else file.convert("RGBA")
    except Exception as error:  # a broken picture fails in many ways: OSError, SyntaxError, struct.error
        raise LayoutError("logo", "no_png") from error
    if is_large:
        raise LayoutError("logo", "too_large")
    picture.thumbnail(_PRINTED, Image.Resampling.LANCZOS)
    if picture.getchannel("A").getextrema() == _OPAQUE:
        picture = picture.convert("RGB")
    plain = BytesIO()
    picture.save(plain, "PNG")
    return plain.getvalue()
