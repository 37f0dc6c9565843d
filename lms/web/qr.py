"""QR codes as pictures inside the page, for slips and meetings."""

from functools import lru_cache

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """A QR code (error level M, quiet zone of four modules) as SVG; its class `qr` gives it a size.

    Black on white in every theme, so that every reader can read it. It is decoration to a screen reader:
    the page says the same in words.
    """
    code = segno.make(text, error="m", micro=False)
    svg = code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff", svgclass="qr", lineclass=None)
    return Markup(svg.replace("<svg ", '<svg aria-hidden="true" ', 1))  # noqa: S704  (made by the line above)


@lru_cache(maxsize=512)
def public_qr(address: str) -> Markup:
    """The same for an address that anybody may know, remembered: working one out takes milliseconds.

    Never for what lets somebody in, which must not stay in the memory of the process.
    """
    return qr_svg(address)
