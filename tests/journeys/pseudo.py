"""Kunnig in a language for tests alone: English with accents and words about 40 % longer, as another language may be.

`python -m tests.journeys.pseudo serve` is `kunnig serve` in it, for everybody who reads English. What a page shows
without an accent is not translated; what it cuts off would be cut off in the next language.
"""

import gettext
import re
import sys

ACCENTED = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
LONGER = re.compile(r"[aeiouyAEIOUY]")  # about 40 of 100 letters
KEPT = re.compile(r"(%\(\w+\)[a-z]|%%|<[^>]+>|\{\w+\}|https?://\S+|\b\w+\.(?:xlsx|csv)\b)")


class Longer(gettext.NullTranslations):
    """Says each text of the code in longer words."""

    def gettext(self, message: str) -> str:
        """The text with every vowel twice, the second time accented; what is filled in or read by machines stays."""
        parts = KEPT.split(message)
        parts[::2] = [
            LONGER.sub(lambda vowel: vowel[0] + vowel[0].translate(ACCENTED), part) for part in parts[::2]
        ]
        return "".join(parts)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The same with a number."""
        return self.gettext(msgid1 if n == 1 else msgid2)


if __name__ == "__main__":
    gettext.NullTranslations = Longer  # type: ignore[misc]  # before anything has taken the catalogue of English
    from lms.cli import main

    main(sys.argv[1:])
