"""The role profiles and kinds of employment, and the words by which staff lists name them."""

import re

ROLES: dict[str, dict[str, str]] = {
    "assistant_nurse": {"en": "Assistant nurse", "sv": "Undersköterska", "nb": "Helsefagarbeider"},
    "care_assistant": {"en": "Care assistant", "sv": "Vårdbiträde", "nb": "Assistent"},
    "nurse": {"en": "Registered nurse", "sv": "Sjuksköterska", "nb": "Sykepleier"},
    "support_worker": {"en": "Support worker", "sv": "Stödassistent", "nb": "Miljøarbeider"},
    "team_lead": {"en": "Team lead", "sv": "Enhetschef", "nb": "Avdelingsleder"},
    "occupational_therapist": {"en": "Occupational therapist", "sv": "Arbetsterapeut", "nb": "Ergoterapeut"},
    "physiotherapist": {"en": "Physiotherapist", "sv": "Fysioterapeut", "nb": "Fysioterapeut"},
    "other": {"en": "Other", "sv": "Annan", "nb": "Annen"},
}

KINDS: dict[str, dict[str, str]] = {
    "permanent": {"en": "Permanent", "sv": "Tillsvidare", "nb": "Fast"},
    "temporary": {"en": "Temporary", "sv": "Tidsbegränsad", "nb": "Midlertidig"},
    "hourly": {"en": "Hourly", "sv": "Timanställd", "nb": "Timelønnet"},
    "student": {"en": "Student", "sv": "Elev eller student", "nb": "Elev eller student"},
    "consultant": {"en": "Consultant", "sv": "Inhyrd", "nb": "Innleid"},
}

ABSENCES: dict[str, dict[str, str]] = {
    "leave": {"en": "Leave", "sv": "Ledighet", "nb": "Permisjon"},
    "absence": {"en": "Absence", "sv": "Frånvaro", "nb": "Fravær"},
}

# Further words for the same. Qualifications of different countries are not equal and never converted:
# a word is listed where it names the same kind of work.
_ALSO_ROLES: dict[str, tuple[str, ...]] = {
    "assistant_nurse": ("trained care worker", "usk", "närvårdare"),
    "care_assistant": ("pleieassistent", "omsorgsassistent", "omsorgsmedarbeider"),
    "nurse": ("ssk", "sjukskötare"),
    "support_worker": ("stödpedagog", "boendestödjare"),
    "team_lead": ("first-line manager", "närmaste chef"),
    "other": ("övrig", "annat", "øvrig", "annet"),
}
_ALSO_KINDS: dict[str, tuple[str, ...]] = {
    "permanent": ("tillsvidareanställd", "tillsvidareanställning", "fast ansatt", "fast anställd"),
    "temporary": ("visstid", "visstidsanställd", "vikarie", "vikariat", "vikar", "substitute", "summer temp",
                  "sommarvikarie", "ferievikar"),
    "hourly": ("timavlönad", "timvikarie", "inhoppare", "timeansatt", "timevikar", "tilkallingsvikar",
               "on-call worker"),
    "student": ("elev", "praktikant", "lærling"),
    "consultant": ("konsult", "konsulent", "bemanning", "bemanningspersonal", "inhyrd personal", "innleid personell"),
}  # fmt: skip

_ALSO_ABSENCES: dict[str, tuple[str, ...]] = {  # never a reason: those are not taken in
    "leave": ("on leave", "ledig", "tjänstledig", "tjänstledighet"),
    "absence": ("absent", "away", "frånvarande", "borta", "fraværende", "borte"),
}


def plain(word: str) -> str:
    """A word for comparing: lower case, nothing but letters and digits (`Anst.nr` and `anst nr` are alike)."""
    return re.sub(r"[\W_]+", "", word.casefold())


def _index(names: dict[str, dict[str, str]], also: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {
        plain(word): key
        for key, by_language in names.items()
        for word in (key, *by_language.values(), *also.get(key, ()))
    }


_ROLE_OF = _index(ROLES, _ALSO_ROLES)
_KIND_OF = _index(KINDS, _ALSO_KINDS)
_ABSENCE_OF = _index(ABSENCES, _ALSO_ABSENCES)


def role_of(word: str) -> str | None:
    """Key of the role profile that a word names in English, Swedish or Norwegian; None if there is none."""
    return _ROLE_OF.get(plain(word))


def kind_of(word: str) -> str | None:
    """Key of the kind of employment that a word names; None if there is none."""
    return _KIND_OF.get(plain(word))


def absence_of(word: str) -> str | None:
    """Key of the kind of absence that a word names; None for anything else, a reason above all."""
    return _ABSENCE_OF.get(plain(word))


def role_name(key: str, language: str) -> str:
    """Name of a role profile in a language; a key that is not ours stands as it is."""
    return ROLES.get(key, {}).get(language, key)


def kind_name(key: str, language: str) -> str:
    """Name of a kind of employment in a language."""
    return KINDS.get(key, {}).get(language, key)


def absence_name(key: str, language: str) -> str:
    """Name of a kind of absence in a language."""
    return ABSENCES.get(key, {}).get(language, key)
