"""How an employer's certificates look, as data: orientation, colours, logo, template; named after what it holds."""

import hashlib
import json
import re
from base64 import b64decode, b64encode
from dataclasses import InitVar, dataclass
from typing import Any

from certificates.bands import BANDS
from certificates.own_template import TemplateProblem, check_template

FORMAT = 1
SHIPPED = ("portrait-1", "landscape-1")
LOWEST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3
MOST_LOGO_BYTES = 1_000_000

_OWN = "own-"
_OWN_NAME = re.compile(rf"{_OWN}[0-9a-f]{{64}}")
_COLOUR = re.compile("#[0-9a-f]{6}")
_PNG = b"\x89PNG\r\n\x1a\n"
_FIELDS = ("format", "base", "band_colour", "text_colour", "logo")
_LATER = ("template",)  # came after layouts were named: left out where it says nothing, so that names stay
_LIGHT = 0.04045, 12.92, 0.055, 1.055, 2.4  # from sRGB to light (IEC 61966-2-1)
_SHARES = 0.2126, 0.7152, 0.0722  # of red, green and blue in what is seen as bright


class LayoutError(ValueError):
    """The data cannot be a layout, or not the one a certificate asks for; `field` and `problem` say what is wrong.

    `about` is the word in a template that is to blame and `line` the line it stands on, where there is one.
    """

    def __init__(self, field: str, problem: str, about: str = "", line: int | None = None) -> None:
        super().__init__(f"{field}: {problem} {about}".rstrip())
        self.field = field
        self.problem = problem
        self.about = about
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One look of certificates. Never changed: whatever was issued with it is made again from the same data.

    Raises LayoutError for what would not be read by everybody, or does not go with the rest. What was accepted once is
    not `is_new` any more: rules become stricter, and its certificates are drawn nevertheless.
    """

    base: str = SHIPPED[0]
    band_colour: str | None = None  # "#1a6763": cloth of the bands and hills; None: that of the course
    text_colour: str | None = None  # of the heading and the ticks; both colours or none
    logo: bytes | None = None  # a PNG as `normalised_logo` makes it
    template: str | None = None  # of the employer's own, in the language of `own_template`
    is_new: InitVar[bool] = True

    def __post_init__(self, is_new: bool) -> None:
        """Refuse an orientation that does not exist, colours too pale to read, and pictures of another kind."""
        if self.base not in SHIPPED:
            raise LayoutError("base", "unknown")
        if (self.band_colour is None) != (self.text_colour is None):
            raise LayoutError("band_colour" if self.band_colour is None else "text_colour", "missing")
        for field in ("band_colour", "text_colour"):
            colour = getattr(self, field)
            if colour is not None and not _COLOUR.fullmatch(colour):
                raise LayoutError(field, "no_colour")
        if self.logo is not None and not self.logo.startswith(_PNG):
            raise LayoutError("logo", "no_png")
        if is_new:
            self._check_new()

    def _check_new(self) -> None:
        for field in ("band_colour", "text_colour"):
            colour = getattr(self, field)
            if colour is not None and contrast_to_white(colour) < LOWEST_CONTRAST:
                raise LayoutError(field, "too_pale")
        if self.logo is not None and len(self.logo) > MOST_LOGO_BYTES:
            raise LayoutError("logo", "too_large")
        if self.template is not None:
            try:
                check_template(self.template)
            except TemplateProblem as problem:
                raise LayoutError("template", problem.code, problem.about, problem.line) from problem

    @property
    def is_own(self) -> bool:
        """Whether it holds anything that is not shipped."""
        return self != Layout(base=self.base)

    @property
    def name(self) -> str:
        """What a certificate's content calls it: a shipped name, or `own-` and the SHA-256 of its data."""
        return own_layout_name(layout_bytes(self)) if self.is_own else self.base

    def text_hue(self, look: str) -> str:
        """The colour of the heading on a certificate of a course with this look."""
        return self.text_colour or BANDS[look].hue


def is_layout_name(name: object) -> bool:
    """Whether it is the name of a shipped layout, or has the form of that of an own one."""
    return isinstance(name, str) and (name in SHIPPED or _OWN_NAME.fullmatch(name) is not None)


def own_layout_name(data: bytes) -> str:
    """The name of the own layout that these data are."""
    return _OWN + hashlib.sha256(data).hexdigest()


def layout_key(name: str) -> str | None:
    """Where in a file store the data of an own layout lie; None for a shipped one."""
    return None if name in SHIPPED else f"layouts/{name.removeprefix(_OWN)}.json"


def layout_bytes(layout: Layout) -> bytes:
    """The one sequence of bytes that stands for a layout (RFC 8785, as that of a certificate's content)."""
    facts = {field: getattr(layout, field, FORMAT) for field in _FIELDS}
    facts["logo"] = None if layout.logo is None else b64encode(layout.logo).decode()
    facts |= {field: said for field in _LATER if (said := getattr(layout, field)) is not None}
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def layout_named(name: str, data: bytes | None) -> Layout:
    """The layout that a certificate's content names, from the data kept under that name (None for a shipped one).

    Raises LayoutError if data are missing, or are not those that the name was made from.
    """
    if name in SHIPPED:
        return Layout(base=name)
    if data is None:
        raise LayoutError("layout", f"the data of {name} are missing")
    if own_layout_name(data) != name:
        raise LayoutError("layout", f"the data are not those of {name}")
    facts: dict[str, Any] = json.loads(data)
    if facts.get("format") != FORMAT or facts.keys() - {*_LATER} != {*_FIELDS}:
        raise LayoutError("layout", f"{name} is of another format")
    del facts["format"]
    logo = facts.pop("logo")
    return Layout(logo=None if logo is None else b64decode(logo), is_new=False, **facts)


def logo_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in its pixels, as its first chunk says (PNG, 11.2.1)."""
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])


def contrast_to_white(colour: str) -> float:
    """How far a colour (`#rrggbb`) stands out from white paper, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    threshold, slope, offset, scale, power = _LIGHT
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    light = (part / slope if part <= threshold else ((part + offset) / scale) ** power for part in parts)
    return 1.05 / (sum(share * part for share, part in zip(_SHARES, light, strict=True)) + 0.05)
