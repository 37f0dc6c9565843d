"""The municipalities of the demo: one cast and one year, in the names and words of each country."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lms.demo_cast import (
    ADMIN,
    COURSE,
    CROWD,
    HOME_CARE_LEAD,
    LEAD,
    LEARNER,
    NEWCOMER,
    OFFICER,
    SUBSTITUTES,
    TOOK_IT_LAST_YEAR,
    Part,
)
from lms.organisation.auditors import Outsider
from lms.organisation.roles import role_name

_PLAIN = str.maketrans("åäöæøáéóčć -", "aaoaoaeocc--")


@dataclass(frozen=True)
class Town:
    """A municipality: its country, the names of its units (in the order of TOP …) and people, what its people write."""

    slug: str
    name: str
    country: str
    language: str
    time_zone: str
    units: tuple[str, ...]
    people: Mapping[str, tuple[str, str]]  # given and family name by employee number
    titles: Mapping[str, str]  # of those whose role does not say it
    required: Mapping[str, tuple[str, str]]  # by course: reason of the requirement, and its source
    assigned: str  # why the course was assigned
    place: str
    agreed: tuple[str, str]
    why: str  # what the coming meeting is about
    goal: str
    supervision: str
    year: Mapping[str, str]  # the reasons of what happened in the year
    auditor: Outsider  # who reads the register of the home for older people

    @property
    def zone(self) -> ZoneInfo:
        """Where its clocks go."""
        return ZoneInfo(self.time_zone)

    @property
    def password(self) -> str:
        """Of everybody; anybody may know it: the demo refuses to run in production."""
        return f"{self.slug}-demo"

    def full_name(self, number: str) -> str:
        """Given and family name of somebody."""
        return " ".join(self.people[number])

    def address(self, number: str) -> str:
        """E-mail address of somebody."""
        return f"{self.people[number][0].lower().translate(_PLAIN)}@{self.slug}.example"

    def title(self, part: Part) -> str:
        """What somebody's employment is called there."""
        return self.titles.get(part.number) or role_name(part.role, self.language)


# Names of the crowd and the substitutes, in their order
_SWEDISH = (
    "Viktoria Melnyk", "Rut Eliasson", "Pernilla Strand", "Zahra Ahmadi", "Ulla Persson", "Kevin Johansson",
    "Rania Khoury", "Marie-Louise Dahl", "Gunilla Fors", "Sofia Lindqvist", "Tesfalem Gebremariam", "Nadia Benali",
    "Monika Kowalska", "Stina Hedlund", "Abdullahi Warsame", "Ewa Zielińska", "Oskar Nyberg", "Leila Mohammadi",
    "Bengt Hallberg", "Helena Forsberg", "Mattias Holmgren", "Fatou Ceesay", "Linnéa Björk", "Dragan Petrović",
    "Malee Srisuk", "Emil Wikström", "Asma Rahman", "Lovisa Engström", "Robert Sandberg", "Ingrid Norén",
    "Ahmed Said", "Camilla Falk", "Joakim Berg", "Sanna Heikkinen", "Margareta Ström", "Wilma Åberg", "Noor Hussein",
    "Hugo Lundgren", "Selam Tekle",
)  # fmt: skip
_NORWEGIAN = (
    "Viktoria Melnyk", "Ruth Eliassen", "Pernille Strøm", "Zainab Noori", "Unni Pedersen", "Kevin Johnsen",
    "Rania Haddad", "Mary-Ann Dahl", "Gunn Foss", "Silje Lindberg", "Tesfay Gebru", "Nadia Amrani",
    "Monika Kowalczyk", "Stine Hegge", "Abdirahman Warsame", "Ewa Zając", "Oskar Nygård", "Leyla Demir",
    "Bjørnar Halvorsen", "Hilde Fossum", "Mathias Holm", "Fatou Jallow", "Linn Bjerke", "Dragan Jovanović",
    "Malee Suksawat", "Emil Vik", "Asma Rahman", "Live Engen", "Roar Sandvik", "Ingrid Nordby", "Ahmed Said",
    "Camilla Falch", "Jørgen Berg", "Sanna Niemi", "Margrethe Straum", "Vilde Ås", "Noor Hussain", "Henrik Lund",
    "Selam Teklu",
)  # fmt: skip


def _crowd(names: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    parts = zip((*CROWD, *SUBSTITUTES), names, strict=True)
    return {
        part.number: (given, family) for part, name in parts for given, _, family in [name.rpartition(" ")]
    }


GRANVIK = Town(
    slug="granvik",
    name="Granviks kommun",
    country="SE",
    language="sv",
    time_zone="Europe/Stockholm",
    units=(
        "Vård och omsorg",
        "Solgläntans äldreboende",
        "Björken",
        "Eken",
        "Hemtjänst Norr",
        "Hemtjänst Söder",
        "Funktionsstöd",
        "Lindens gruppbostad",
        "Hälso- och sjukvård",
    ),
    people={
        LEARNER: ("Amina", "Yusuf"),
        "1002": ("Birgitta", "Lund"),
        "1003": ("Daniela", "Popescu"),
        "1004": ("Elin", "Sandström"),
        "1005": ("Farid", "Rahimi"),
        "1006": ("Gun-Britt", "Åkesson"),
        "1007": ("Hodan", "Ali"),
        NEWCOMER: ("Samir", "Haddad"),
        LEAD: ("Karin", "Lind"),
        "1021": ("Jonas", "Ek"),
        "1022": ("Katarzyna", "Nowak"),
        "1023": ("Lars", "Öberg"),
        "1024": ("Mehwish", "Khan"),
        "1025": ("Ravdna", "Čáhppe"),
        "1029": ("Peter", "Sjögren"),
        "1031": ("Olena", "Kovalenko"),
        TOOK_IT_LAST_YEAR: ("Thi Lan", "Nguyen"),
        "1033": ("Yosef", "Tesfaye"),
        HOME_CARE_LEAD: ("Anna-Karin", "Berglund"),
        OFFICER: ("Maria", "Holm"),
        ADMIN: ("Ida", "Bergström"),
        **_crowd(_SWEDISH),
    },
    titles={OFFICER: "Kvalitetsansvarig", ADMIN: "Systemförvaltare"},
    required={
        COURSE: ("Krav för rollen", "Socialtjänstlagen: personalen ska ha lämplig utbildning"),
        "confidentiality": ("Krav för rollen", "Offentlighets- och sekretesslagen: tystnadsplikt i omsorgen"),
        "medication": ("Teori före delegering", "Kommunens rutin för delegering av läkemedel"),
    },
    assigned="Nytt system för dokumentation från nyår",
    place="Personalrummet",
    agreed=(
        "Vi skriver vad personen själv sa, med egna ord",
        "Reservblanketterna ligger i låst skåp vid expeditionen",
    ),
    why="Tre avvikelser i höst handlade om anteckningar som saknades",
    goal="Jag skriver anteckningar som nästa pass kan arbeta efter",
    supervision="Gå bredvid Elin två kvällspass och läsa varandras anteckningar",
    year={
        "changed": "Nya fick vänta för länge på kursen, visade egenkontrollen i våras",
        "revoked": "Provet gjordes av en kollega på samma inloggning, enligt en anmälan",
        "reinstated": "Utredningen visade att provet var hennes eget",
        "exempt": "Arbetar dagtid i servicegruppen och ger inga läkemedel",
        "longer": "Gör kursen tillsammans med sin handledare och behöver mer tid",
        "assigned": "Tas upp på enhetens arbetsplatsträff",
        "missing": "Något saknas",  # as the page says it
        "objected": "Jag gick en halv dag om läkemedel på förra arbetsplatsen. Den syns inte här.",
        "audit": "Tillsyn av hälso- och sjukvård på särskilt boende",
    },
    auditor=Outsider("Per", "Sundin", "per@tillsyn.example"),
)
FJELLVIK = Town(
    slug="fjellvik",
    name="Fjellvik kommune",
    country="NO",
    language="nb",
    time_zone="Europe/Oslo",
    units=(
        "Helse og omsorg",
        "Solbakken sykehjem",
        "Bjørka",
        "Furua",
        "Hjemmetjenesten nord",
        "Hjemmetjenesten sør",
        "Tilrettelagte tjenester",
        "Lindeveien bofellesskap",
        "Sykepleie og rehabilitering",
    ),
    people={
        LEARNER: ("Fatima", "Hassan"),
        "1002": ("Berit", "Lunde"),
        "1003": ("Ioana", "Marinescu"),
        "1004": ("Eline", "Strand"),
        "1005": ("Reza", "Karimi"),
        "1006": ("Bjørg", "Åsen"),
        "1007": ("Hodan", "Abdi"),
        NEWCOMER: ("Yonas", "Tekle"),
        LEAD: ("Kari", "Nordli"),
        "1021": ("Sindre", "Moen"),
        "1022": ("Agnieszka", "Wójcik"),
        "1023": ("Lars", "Øyen"),
        "1024": ("Sadia", "Malik"),
        "1025": ("Máret", "Sara"),
        "1029": ("Per", "Sjøli"),
        "1031": ("Iryna", "Bondar"),
        TOOK_IT_LAST_YEAR: ("Thi Mai", "Tran"),
        "1033": ("Samuel", "Ghebre"),
        HOME_CARE_LEAD: ("Anne-Karin", "Berge"),
        OFFICER: ("Marit", "Holmen"),
        ADMIN: ("Ida", "Bakken"),
        **_crowd(_NORWEGIAN),
    },
    titles={OFFICER: "Kvalitetsrådgiver", ADMIN: "Systemansvarlig"},
    required={
        COURSE: (
            "Krav for rollen",
            "Helse- og omsorgstjenesteloven § 4-1: tjenestene skal ha tilstrekkelig fagkompetanse",
        ),
        "confidentiality": ("Krav for rollen", "Helsepersonelloven § 21: taushetsplikt"),
        "medication": ("Teori før fullmakt", "Rutinen for legemiddelhåndtering i kommunen"),
    },
    assigned="Nytt journalsystem fra nyttår",
    place="Møterommet",
    agreed=(
        "Vi skriver det brukeren sier, med brukerens egne ord",
        "Papirskjemaene ligger i låst skap på vaktrommet",
    ),
    why="Tre avvik i høst handlet om notater som manglet",
    goal="Jeg skriver notater som neste vakt kan jobbe etter",
    supervision="Gå to kveldsvakter sammen med Eline og lese hverandres notater",
    year={
        "changed": "Nye måtte vente for lenge på kurset, viste egenkontrollen i vår",
        "revoked": "Prøven ble tatt av en kollega på samme innlogging, ifølge en melding",
        "reinstated": "Gjennomgangen viste at prøven var hennes egen",
        "exempt": "Arbeider på dagtid i servicegruppen og deler ikke ut legemidler",
        "longer": "Tar kurset sammen med veileder, og trenger mer tid",
        "assigned": "Tas opp på personalmøtet i enheten",
        "missing": "Noe mangler",
        "objected": "Jeg tok et halvdagskurs om legemidler på forrige arbeidsplass. Det vises ikke her.",
        "audit": "Tilsyn med legemiddelhåndtering i sykehjem",
    },
    auditor=Outsider("Per", "Sunde", "per@tilsyn.example"),
)
TOWNS = {town.country: town for town in (GRANVIK, FJELLVIK)}
