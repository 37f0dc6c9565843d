"""The words by which the first line of a staff list names its columns, and finding that line."""

from collections.abc import Iterable, Sequence

from lms.organisation.roles import plain

_HEADERS: dict[str, tuple[str, ...]] = {
    "employee_number": (
        "employee number", "employee no", "employee id", "anställningsnummer", "anställningsnr", "anst.nr",
        "ansattnummer", "ansattnr", "ansatt nr",
    ),
    "given_name": ("given name", "first name", "förnamn", "tilltalsnamn", "fornavn"),
    "family_name": ("family name", "last name", "surname", "efternamn", "etternavn"),
    "unit": ("unit", "workplace", "enhet", "arbetsplats", "arbeidssted", "avdeling", "avdelning"),
    "role": ("role", "role profile", "roll", "rollprofil", "yrke", "rolle", "rolleprofil"),
    "title": ("title", "job title", "titel", "befattning", "tittel", "stilling", "stillingstittel"),
    "kind": ("kind", "employment type", "kind of employment", "anställningsform", "ansettelsesform"),
    "percent": ("percent", "percentage", "percent of full time", "procent", "sysselsättningsgrad",
                "tjänstgöringsgrad", "prosent", "stillingsprosent"),
    "from": ("from", "start date", "first day", "från", "från och med", "fr.o.m.", "startdatum", "första dag",
             "fra", "fra og med", "startdato", "første dag"),
    "to": ("to", "end date", "last day", "till", "till och med", "t.o.m.", "slutdatum", "sista dag", "til",
           "til og med", "sluttdato", "siste dag"),
    "email": ("email", "e-mail", "mail", "e-post", "e-postadress", "mejl", "e-postadresse"),
    "phone": ("phone", "phone number", "mobile", "telefon", "telefonnummer", "mobil", "mobilnummer", "mobiltelefon"),
    "absence": ("absence", "kind of absence", "frånvaro", "typ av frånvaro", "fravær", "type fravær"),
    "absent_from": ("absent from", "away from", "frånvarande från", "frånvaro från", "borta från", "fraværende fra",
                    "fravær fra", "borte fra"),
    "absent_to": ("absent to", "away to", "frånvarande till", "frånvaro till", "borta till", "fraværende til",
                  "fravær til", "borte til"),
}  # fmt: skip
COLUMN_OF = {plain(word): column for column, words in _HEADERS.items() for word in (column, *words)}
SHEETS = frozenset(
    plain(name)
    for name in (
        "staff", "staff list", "people", "employees", "personal", "personallista", "anställda", "medarbetare",
        "ansatte", "ansattliste", "personalliste",
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
