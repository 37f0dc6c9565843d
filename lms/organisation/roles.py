"""The role profiles and kinds of employment, and the words by which staff lists name them."""

import re

LANGUAGES = ("en", "sv", "nb", "fi", "sv-FI")


def _named(**names: tuple[str, ...]) -> dict[str, dict[str, str]]:
    return {key: dict(zip(LANGUAGES, words, strict=True)) for key, words in names.items()}


ROLES = _named(
    assistant_nurse=("Assistant nurse", "Undersköterska", "Helsefagarbeider", "Lähihoitaja", "Närvårdare"),
    care_assistant=("Care assistant", "Vårdbiträde", "Assistent", "Hoiva-avustaja", "Omsorgsassistent"),
    nurse=("Registered nurse", "Sjuksköterska", "Sykepleier", "Sairaanhoitaja", "Sjukskötare"),
    support_worker=("Support worker", "Stödassistent", "Miljøarbeider", "Ohjaaja", "Handledare (omsorg)"),
    team_lead=("Team lead", "Enhetschef", "Avdelingsleder", "Lähiesihenkilö", "Närmaste chef"),
    occupational_therapist=(
        "Occupational therapist",
        "Arbetsterapeut",
        "Ergoterapeut",
        "Toimintaterapeutti",
        "Ergoterapeut",
    ),
    physiotherapist=("Physiotherapist", "Fysioterapeut", "Fysioterapeut", "Fysioterapeutti", "Fysioterapeut"),
    other=("Other", "Annan", "Annen", "Muu", "Annan"),
)
KINDS = _named(
    permanent=("Permanent", "Tillsvidare", "Fast", "Vakituinen", "Tillsvidare"),
    temporary=("Temporary", "Tidsbegränsad", "Midlertidig", "Määräaikainen", "Visstid"),
    hourly=("Hourly", "Timanställd", "Timelønnet", "Tuntityö", "Timanställd"),
    student=("Student", "Elev eller student", "Elev eller student", "Opiskelija", "Studerande"),
    consultant=("Consultant", "Inhyrd", "Innleid", "Vuokratyöntekijä", "Inhyrd"),
)
ABSENCES = _named(
    leave=("Leave", "Ledighet", "Permisjon", "Työvapaa", "Ledighet"),
    absence=("Absence", "Frånvaro", "Fravær", "Poissaolo", "Frånvaro"),
)

# Further words for the same. Qualifications of different countries are not equal and never converted:
# a word is listed where it names the same kind of work.
_ALSO_ROLES: dict[str, tuple[str, ...]] = {
    "assistant_nurse": ("trained care worker", "usk"),
    "care_assistant": ("pleieassistent", "omsorgsmedarbeider", "hoitoapulainen"),
    "nurse": ("ssk",),
    "support_worker": ("stödpedagog", "boendestödjare"),
    "team_lead": ("first-line manager", "esihenkilö"),
    "other": ("övrig", "annat", "øvrig", "annet"),
}
_ALSO_KINDS: dict[str, tuple[str, ...]] = {
    "permanent": ("tillsvidareanställd", "tillsvidareanställning", "fast ansatt", "fast anställd", "toistaiseksi"),
    "temporary": ("visstidsanställd", "vikarie", "vikariat", "vikar", "substitute", "summer temp", "sommarvikarie",
                  "ferievikar", "sijainen", "kesäsijainen"),
    "hourly": ("timavlönad", "timvikarie", "inhoppare", "timeansatt", "timevikar", "tilkallingsvikar",
               "on-call worker", "tuntityöntekijä", "keikkatyöntekijä"),
    "student": ("elev", "praktikant", "lærling", "harjoittelija", "oppisopimus"),
    "consultant": ("konsult", "konsulent", "bemanning", "bemanningspersonal", "inhyrd personal", "innleid personell"),
}  # fmt: skip

_ALSO_ABSENCES: dict[str, tuple[str, ...]] = {  # never a reason: those are not taken in
    "leave": ("on leave", "ledig", "tjänstledig", "tjänstledighet", "vapaa"),
    "absence": ("absent", "away", "frånvarande", "borta", "fraværende", "borte", "poissa"),
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
    """Key of the role profile that a word names in one of our languages; None if there is none."""
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
