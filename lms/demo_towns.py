"""The municipalities of the demo: one cast and one year, in the names and words of each country."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from lms.base.access import Role
from lms.organisation.roles import role_name

LONG_AGO = 800  # days: before anybody's first certificate
LEARNER, NEWCOMER, LEAD, OFFICER, ADMIN = "1001", "1008", "1010", "1090", "1091"
HOME_CARE_LEAD, TOOK_IT_LAST_YEAR = "1039", "1032"
TOP, HOME, WARD, OTHER_WARD, HOME_CARE = range(5)  # the units, by place in a town's `units`
PARENTS = {TOP: None, HOME: TOP, WARD: HOME, OTHER_WARD: HOME, HOME_CARE: TOP}


COURSE = "documentation"  # what the demo is mostly about; CAST says how far everybody is in it


@dataclass(frozen=True)
class Part:
    """One person of the demo. `since` and `passed` are days ago: employed, course passed; `read` is lessons read."""

    number: str
    unit: int
    role: str
    kind: str = "permanent"
    percent: int = 100
    passed: int | None = None
    read: int = 0
    active: bool = True
    since: int = LONG_AGO
    grant: Role | None = None


CAST = (
    Part(LEARNER, WARD, "assistant_nurse", read=3, since=76),
    Part("1002", WARD, "assistant_nurse", passed=210, percent=75),
    Part("1003", WARD, "care_assistant", passed=705),
    Part("1004", WARD, "assistant_nurse", passed=30),
    Part("1005", WARD, "assistant_nurse", passed=760),
    Part("1006", WARD, "assistant_nurse", passed=400),
    Part("1007", WARD, "care_assistant", read=1, kind="hourly", percent=40, since=99),
    Part(NEWCOMER, WARD, "care_assistant", kind="temporary", active=False, since=3),
    Part(LEAD, WARD, "team_lead", passed=120, grant=Role.LEAD),
    Part("1021", OTHER_WARD, "assistant_nurse", passed=95),
    Part("1022", OTHER_WARD, "assistant_nurse", passed=716),
    Part("1023", OTHER_WARD, "nurse", passed=60),
    Part("1024", OTHER_WARD, "assistant_nurse", since=40),
    Part("1025", OTHER_WARD, "care_assistant", passed=15),
    Part("1029", OTHER_WARD, "team_lead", passed=300, grant=Role.LEAD),
    Part("1031", HOME_CARE, "care_assistant", read=5, since=200),
    Part(TOOK_IT_LAST_YEAR, HOME_CARE, "assistant_nurse", passed=180),
    Part("1033", HOME_CARE, "care_assistant", active=False, since=12),
    Part(HOME_CARE_LEAD, HOME_CARE, "team_lead", grant=Role.LEAD, since=300),
    Part(OFFICER, TOP, "other", grant=Role.OFFICER),
    Part(ADMIN, TOP, "other", grant=Role.ADMIN),
)


@dataclass(frozen=True)
class Also:
    """One of the other courses: who must have it since when and how soon, who passed it, who has read what.

    `since` and `passed` are days ago, `read` is in lessons. `required_of` is a role profile; empty: everybody in
    the home for older people.
    """

    course: str
    since: int
    due_days: int
    passed: Mapping[str, int]
    read: Mapping[str, int] = field(default_factory=dict)
    required_of: str = ""


ALSO = (
    Also(
        "confidentiality", LONG_AGO, 30,
        {LEARNER: 60, "1002": 205, "1003": 640, "1004": 330, "1005": 755, "1006": 398, "1007": 70, LEAD: 500,
         "1021": 90, "1022": 712, "1023": 64, "1025": 9, "1029": 295, "1031": 150, TOOK_IT_LAST_YEAR: 170},
    ),
    Also(
        "deviations", 130, 60,
        {LEARNER: 20, "1002": 100, "1003": 300, "1004": 25, "1006": 390, LEAD: 118, "1021": 110, "1022": 700,
         "1023": 61, "1025": 14, "1029": 120, TOOK_IT_LAST_YEAR: 75},
        {"1005": 4},
    ),
    Also(
        "medication", 400, 120,
        {"1002": 180, "1004": 340, "1005": 200, "1006": 372, "1021": 90, "1022": 120, "1023": 55},
        {LEARNER: 2},
        required_of="assistant_nurse",
    ),
    Also(
        "self-determination", 100, 150,
        {"1002": 40, "1004": 35, "1006": 45, LEAD: 92, "1023": 58, "1029": 85},
        {"1003": 3},
    ),
)  # fmt: skip
_PLAIN = str.maketrans("åäöæøáéóč -", "aaoaoaeoc--")


@dataclass(frozen=True)
class Town:
    """A municipality: its country, the names of its units (in the order of TOP …) and people, what its people write."""

    slug: str
    name: str
    country: str
    language: str
    time_zone: str
    units: tuple[str, str, str, str, str]
    people: Mapping[str, tuple[str, str]]  # given and family name by employee number
    titles: Mapping[str, str]  # of those whose role does not say it
    required: Mapping[str, tuple[str, str]]  # by course: reason of the requirement, and its source
    assigned: str  # why the course was assigned
    place: str
    agreed: tuple[str, str]
    why: str  # what the coming meeting is about
    goal: str
    supervision: str

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


GRANVIK = Town(
    slug="granvik",
    name="Granviks kommun",
    country="SE",
    language="sv",
    time_zone="Europe/Stockholm",
    units=("Vård och omsorg", "Solgläntans äldreboende", "Björken", "Eken", "Hemtjänst Norr"),
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
    },
    titles={OFFICER: "Kvalitetsansvarig", ADMIN: "Systemförvaltare"},
    required={
        COURSE: ("Krav för rollen", "Socialtjänstlagen: personalen ska ha lämplig utbildning"),
        "confidentiality": ("Krav för rollen", "Offentlighets- och sekretesslagen: tystnadsplikt i omsorgen"),
        "deviations": ("Krav för rollen", "Socialtjänstlagen: skyldigheten att rapportera, lex Sarah"),
        "medication": ("Teori före delegering", "Kommunens rutin för delegering av läkemedel"),
        "self-determination": (
            "Krav för rollen",
            "Socialtjänstlagen: insatserna utformas tillsammans med personen",
        ),
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
)
FJELLVIK = Town(
    slug="fjellvik",
    name="Fjellvik kommune",
    country="NO",
    language="nb",
    time_zone="Europe/Oslo",
    units=("Helse og omsorg", "Solbakken sykehjem", "Bjørka", "Furua", "Hjemmetjenesten nord"),
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
    },
    titles={OFFICER: "Kvalitetsrådgiver", ADMIN: "Systemansvarlig"},
    required={
        COURSE: (
            "Krav for rollen",
            "Helse- og omsorgstjenesteloven § 4-1: tjenestene skal ha tilstrekkelig fagkompetanse",
        ),
        "confidentiality": ("Krav for rollen", "Helsepersonelloven § 21: taushetsplikt"),
        "deviations": ("Krav for rollen", "Forskrift om ledelse og kvalitetsforbedring: avvik følges opp"),
        "medication": ("Teori før fullmakt", "Rutinen for legemiddelhåndtering i kommunen"),
        "self-determination": ("Krav for rollen", "Pasient- og brukerrettighetsloven kapittel 3 og 4"),
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
)
TOWNS = {town.country: town for town in (GRANVIK, FJELLVIK)}
