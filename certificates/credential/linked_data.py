"""Linked data without surprises: closed contexts, no word without a meaning, bounded work; the bytes to be signed."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any, NoReturn

from pyld import jsonld
from pyld.canon import URDNA2015
from pyld.context_resolver import ContextResolver

from certificates.bounds import LARGEST_CREDENTIAL

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
_SHIPPED = {CREDENTIALS: "credentials-v2.json", OPEN_BADGES: "ob-v3p0-context-3.0.3.json"}

MOST_VALUES = 2_000  # of a document, nested ones too
DEEPEST = 20
LARGEST_NUMBER = 2**53 - 1  # RFC 8785: what a number of JavaScript holds

Document = dict[str, Any]


class DocumentError(ValueError):
    """A document that is not read, with the reason as a code: no words of the document itself."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_document(data: bytes) -> Document:
    """A JSON object from bytes.

    Raises DocumentError: too_large, not_json (also for a key that stands twice, and for numbers that JSON does not
    know), too_many_values.
    """
    if len(data) > LARGEST_CREDENTIAL:
        raise DocumentError("too_large")
    try:
        document = json.loads(data, object_pairs_hook=_once_each, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise DocumentError("not_json") from error
    if not isinstance(document, dict):
        raise DocumentError("not_json")
    _check_size(document)
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise DocumentError("not_json")
    return found


def _refuse(_constant: str) -> NoReturn:
    raise DocumentError("not_json")


def _check_size(document: Document) -> None:
    for count, value in enumerate(_values(document)):
        if count >= MOST_VALUES:
            raise DocumentError("too_many_values")
        if not _is_plain(value):
            raise DocumentError("not_json")


def _is_plain(value: object) -> bool:
    """Whether a value is of those that every reader takes alike: no half of a letter, no fraction, no huge number."""
    match value:
        case dict():
            return all(_is_plain(key) for key in value)
        case str():
            return not any("\ud800" <= letter <= "\udfff" for letter in value)
        case float():
            return False
        case int():
            return abs(value) <= LARGEST_NUMBER
    return True


def _values(value: object, depth: int = 0) -> Iterator[object]:
    if depth > DEEPEST:
        raise DocumentError("too_many_values")
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from _values(each, depth + 1)


def canonical(document: Document, more: Mapping[str, Document] | None = None) -> bytes:
    """The one sequence of bytes that stands for what a document says: RDF Dataset Canonicalization (RDFC-1.0), N-Quads.

    `more` are contexts beside the shipped ones, by address. Raises DocumentError: too_many_values; context, for one
    that is not known or not named by its address at the top; word, for a property or type that no context explains
    (JSON-LD would leave it out without a sound, and nothing would be signed of it); ambiguous, for nodes that cannot be
    told apart, of which the reckoning would take time without end.
    """
    _check_size(document)
    known = _shipped() | dict(more or {})
    _check_contexts(document, known)
    loader = _Loader(known)
    resolver = ContextResolver({} if more else _RESOLVED, loader)
    options = {
        "documentLoader": loader, "contextResolver": resolver, "processingMode": "json-ld-1.1", "base": _NOWHERE,
    }  # fmt: skip
    try:
        with _ONE_AT_A_TIME:
            expanded = jsonld.expand(document, options, on_property_dropped=_refuse_word)
            for node in expanded:
                _check_words(node)
            dataset = jsonld.to_rdf(expanded, options)
    except jsonld.JsonLdError as error:
        raise DocumentError("word") from error
    said: str = _Unambiguous().main(dataset, {"format": "application/n-quads"})
    if not said:
        raise DocumentError("word")
    return said.encode()


_NOWHERE = "nowhere:/"  # what a relative word is resolved against, and known by
_ONE_AT_A_TIME = Lock()  # what PyLD remembers of contexts is not for two threads
_RESOLVED: dict[str, Any] = {}  # of the shipped contexts only


@cache
def _shipped() -> dict[str, Document]:
    folder = files("certificates") / "contexts"
    return {url: json.loads((folder / name).read_text(encoding="utf-8")) for url, name in _SHIPPED.items()}


def _check_contexts(document: Document, known: Mapping[str, Document]) -> None:
    """Contexts are named at the top, by address and once, that of credentials first; nothing is explained inside."""
    named = document.get("@context")
    if not isinstance(named, list) or not named or named[0] != CREDENTIALS:
        raise DocumentError("context")
    if not all(isinstance(each, str) and each in known for each in named) or len(set(named)) != len(named):
        raise DocumentError("context")
    inside = (value for key, value in document.items() if key != "@context")
    if any(isinstance(value, dict) and "@context" in value for each in inside for value in _values(each)):
        raise DocumentError("context")


class _Loader:
    """Hands out known contexts; there is no way to a network."""

    def __init__(self, known: Mapping[str, Document]) -> None:
        self._known = known

    def __call__(self, url: str, _options: object = None) -> Document:
        if url not in self._known:
            raise DocumentError("context")
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": self._known[url],
            "contentType": "application/ld+json",
        }


def _refuse_word(*_about: object) -> NoReturn:
    raise DocumentError("word")


def _check_words(node: object) -> None:
    """Types, properties and addresses are absolute after expansion; what is not would be left out."""
    if isinstance(node, list):
        for each in node:
            _check_words(each)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "@value":
                continue
            if key in {"@id", "@type"}:
                words = value if isinstance(value, list) else [value]
                if not all(isinstance(word, str) and _is_absolute(word) for word in words):
                    raise DocumentError("word")
                continue
            if not key.startswith("@") and not _is_absolute(key):
                raise DocumentError("word")
            _check_words(value)


def _is_absolute(word: str) -> bool:
    scheme, colon, rest = word.partition(":")
    return (
        bool(colon and rest) and not word.startswith(_NOWHERE) and scheme.isascii() and scheme[:1].isalpha()
    )


class _Unambiguous(URDNA2015):  # type: ignore[misc] # PyLD has no types
    """Of nodes without an address each must be told apart by what is said of it alone."""

    def hash_n_degree_quads(self, *_about: object) -> NoReturn:
        """Refuse what takes time that grows with the factorial of such nodes."""
        raise DocumentError("ambiguous")
