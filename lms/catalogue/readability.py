"""How hard a text is to read: words, sentences, and the readability index LIX."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONG_WORD = 6  # letters; longer ones count as long

_WORD = re.compile(r"\w+(?:[-'’:.]\w+)*")
_SENTENCE_END = re.compile(r"[.!?…:][”’\"»)]*\s+(?=[“”\"«(]?[A-ZÅÄÖÆØ])")


@dataclass(frozen=True, slots=True)
class Reading:
    """Counts of a text: words, sentences, words of more than six letters."""

    words: int
    sentences: int
    long_words: int

    @property
    def sentence_length(self) -> float:
        """Words per sentence."""
        return self.words / self.sentences if self.sentences else 0.0

    @property
    def lix(self) -> int:
        """Words per sentence plus the percentage of long words (Björnsson 1968); 35 and below is easy."""
        return round(self.sentence_length + 100 * self.long_words / self.words) if self.words else 0


def measure(blocks: Iterable[str]) -> Reading:
    """Count paragraphs and list items; each ends a sentence, also without a full stop."""
    words: list[str] = []
    sentences = 0
    for block in blocks:
        found = _WORD.findall(block)
        words += found
        sentences += len(_SENTENCE_END.findall(block)) + 1 if found else 0
    return Reading(len(words), sentences, sum(len(word) > LONG_WORD for word in words))
