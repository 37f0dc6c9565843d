"""QR codes as pictures inside the page, for slips and meetings."""

import re

from markupsafe import Markup
from zxingcpp import BarcodeFormat, create_barcode

_DARK = re.compile(rb"\0+")  # modules beside one another, in a row of a grey picture


def qr_svg(text: str) -> Markup:
    """A QR code (error level M, quiet zone of four modules) as SVG; its class `qr` gives it a size.

    Black on white in every theme, so that every reader can read it. It is decoration to a screen reader:
    the page says the same in words.
    """
    picture = create_barcode(text, BarcodeFormat.QRCode, ec_level="M").to_image(scale=1, add_quiet_zones=True)
    side, grey = picture.shape[1], bytes(memoryview(picture))  # type: ignore[arg-type] # it does not say that it can
    lines = (
        f"M{run.start()} {row}.5h{run.end() - run.start()}"
        for row in range(side)
        for run in _DARK.finditer(grey[row * side : (row + 1) * side])
    )
    return Markup(
        '<svg aria-hidden="true" viewBox="0 0 {side} {side}" class="qr">'
        '<path fill="#fff" d="M0 0h{side}v{side}h-{side}z"/><path stroke="#000" d="{lines}"/></svg>'
    ).format(side=side, lines="".join(lines))
