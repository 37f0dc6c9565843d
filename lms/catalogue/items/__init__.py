"""The types of items, by name: a new one is a file here, a line below, and a file of macros in templates/items."""

from collections.abc import Iterator

from lms.catalogue.document import Node
from lms.catalogue.items.branching import Branching
from lms.catalogue.items.choice import Scenario, Single
from lms.catalogue.items.fill_in import GapFill
from lms.catalogue.items.generated import Generated
from lms.catalogue.items.hotspot import Hotspot
from lms.catalogue.items.item_type import Choice, Drawn, ItemType, Malformed
from lms.catalogue.items.matching import Matching
from lms.catalogue.items.multiple import Multiple
from lms.catalogue.items.numeric import Numeric
from lms.catalogue.items.ordering import Ordering
from lms.catalogue.items.reflection import Reflection
from lms.catalogue.items.true_false import TrueFalse

__all__ = ["TYPES", "Choice", "Drawn", "ItemType", "Malformed", "pictures_of"]

TYPES: dict[str, ItemType] = {
    kind.name: kind
    for kind in (
        Single(), Scenario(), Multiple(), TrueFalse(), Ordering(), Matching(), Numeric(), Generated(), GapFill(),
        Branching(), Hotspot(), Reflection(),
    )
}  # fmt: skip


def pictures_of(item: Node) -> Iterator[Node]:
    """The names of the pictures an item of course.yaml shows; none if there is no such type."""
    kind = TYPES.get(item.get("type").text)
    if kind is not None:
        yield from kind.pictures(item)
