"""Pictures that somebody could send as a logo."""

from io import BytesIO

from PIL import Image, ImageDraw


def coat_of_arms(size: tuple[int, int] = (700, 600), *, kind: str = "PNG", mode: str = "RGBA") -> bytes:
    """A shield on nothing, or on white where a mode or a kind of file knows no transparency."""
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    width, height = size
    shield = [(0, 0), (width, 0), (width, height // 2), (width // 2, height), (0, height // 2)]
    ImageDraw.Draw(picture).polygon(shield, fill=(150, 20, 40, 255))
    flat = Image.new("RGBA", size, (255, 255, 255, 255))
    flat.alpha_composite(picture)
    file = BytesIO()
    (picture if mode == "RGBA" and kind == "PNG" else flat.convert(mode if kind == "PNG" else "RGB")).save(
        file, kind
    )
    return file.getvalue()
