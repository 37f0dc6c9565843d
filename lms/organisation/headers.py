"""The words by which the first line of a staff list names its columns, and finding that line."""

from collections.abc import Iterable, Sequence

from lms.organisation.roles import plain

_HEADERS: dict[str, tuple[str, ...]] = {
    "employee_number": (
        "employee number", "employee no", "employee id", "anställningsnummer", "anställningsnr", "anst.nr",
        "ansattnummer", "ansattnr", "ansatt nr", "henkilöstönumero", "henkilönumero", "työntekijänumero",
    ),
    "given_name": (
        "given name", "first name", "förnamn", "tilltalsnamn", "fornavn", "etunimi", "kutsumanimi",
    ),
    "family_name": (
        "family name", "last name", "surname", "efternamn", "etternavn", "sukunimi",
    ),
    "unit": (
        "unit", "workplace", "enhet", "arbetsplats", "arbeidssted", "avdeling", "avdelning", "yksikkö", "työpaikka",
        "työyksikkö",
    ),
    "role": (
        "role", "role profile", "roll", "rollprofil", "yrke", "rolle", "rolleprofil", "rooli", "ammatti",
    ),
    "title": (
        "title", "job title", "titel", "befattning", "tittel", "stilling", "stillingstittel", "nimike",
        "tehtävänimike", "ammattinimike",
    ),
    "kind": (
        "kind", "employment type", "kind of employment", "anställningsform", "ansettelsesform",
        "palvelussuhteen tyyppi", "työsuhteen tyyppi", "palvelussuhteen laji",
    ),
    "percent": (
        "percent", "percentage", "percent of full time", "procent", "sysselsättningsgrad", "tjänstgöringsgrad",
        "prosent", "stillingsprosent", "työaikaprosentti", "työaika %",
    ),
    "from": (
        "from", "start date", "first day", "från", "från och med", "fr.o.m.", "startdatum", "första dag", "fra",
        "fra og med", "startdato", "første dag", "alkaen", "alkupäivä", "alkamispäivä", "ensimmäinen päivä",
    ),
    "to": (
        "to", "end date", "last day", "till", "till och med", "t.o.m.", "slutdatum", "sista dag", "til",
        "til og med", "sluttdato", "siste dag", "asti", "loppupäivä", "päättymispäivä", "viimeinen päivä",
    ),
    "email": (
        "email", "e-mail", "mail", "e-post", "e-postadress", "mejl", "e-postadresse", "sähköposti",
        "sähköpostiosoite",
    ),
    "phone": (
        "phone", "phone number", "mobile", "telefon", "telefonnummer", "mobil", "mobilnummer", "mobiltelefon",
        "puhelin", "puhelinnumero", "matkapuhelin",
    ),
    "absence": (
        "absence", "kind of absence", "frånvaro", "typ av frånvaro", "fravær", "type fravær", "poissaolo",
        "poissaolon tyyppi",
    ),
    "absent_from": (
        "absent from", "away from", "frånvarande från", "frånvaro från", "borta från", "fraværende fra",
        "fravær fra", "borte fra", "poissaolo alkaa", "poissa alkaen",
    ),
    "absent_to": (
        "absent to", "away to", "frånvarande till", "frånvaro till", "borta till", "fraværende til", "fravær til",
        "borte til", "poissaolo päättyy", "poissa asti",
    ),
}  # fmt: skip
COLUMN_OF = {plain(word): column for column, words in _HEADERS.items() for word in (column, *words)}
SHEETS = frozenset(
    plain(name)
    for name in (
        "staff", "staff list", "people", "employees", "personal", "personallista", "anställda", "medarbetare",
        "ansatte", "ansattliste", "personalliste", "henkilöstö", "henkilöstöluettelo", "työntekijät",
    )
)  # fmt: skip
ENOUGH = 3  # columns by which a line is known as the one that names them
PREFACE = 20  # lines with something in them among which it is looked for


def columns_of(cells: Sequence[str]) -> list[str]:
    """The column each cell names; empty for one that names none of ours."""
    return [COLUMN_OF.get(plain(cell), "") for cell in cells]


def header_place(rows: Iterable[Sequence[str]]) -> int | None:
    """Place of the first row that names the columns, among the first ones; None if there is none.

    Above it may stand what people put over a table: a heading, the day of the list.
    """
    for place, cells in enumerate(rows):
        if place >= PREFACE:
            break
        if len(set(columns_of(cells)) - {""}) >= ENOUGH:
            return place
    return None
