"""Passwords so common that they are tried first; data, compared whole and without trailing digits and signs."""

from pathlib import Path

# What a municipality's passwords are made of first of all: this program, the employer, the word itself.
CONTEXT_WORDS = ("kunnig", "kommunen", "kommun", "kommune", "lösenord", "losenord", "passord", "password")

# The words Nordic care staff meet every day, and leaders of lists of leaked passwords that are too short by themselves.
_WORDS = frozenset(
    """
    password passwort passord lösenord losenord salasana hemligt hemlig secret letmein welcome välkommen valkommen
    velkommen tervetuloa qwerty qwertyuiop qwertyuio qwertz asdfgh asdfghjkl zxcvbnm zxcvbn 1q2w3e4r 1qaz2wsx
    abcdef abcdefghij abcdefgh abc admin administrator user test testing login logga iloveyou jagälskardig sunshine
    princess football fotboll baseball monkey dragon master superman batman starwars trustno computer dator internet
    summer winter spring autumn sommar sommaren vinter vintern våren hösten sommer vinteren høsten våren jul julen
    måndag tisdag onsdag torsdag fredag lördag söndag mandag tirsdag lørdag søndag monday friday
    januari februari mars april maj juni juli augusti september oktober november december
    kommun kommune kommunen hemtjänst hemtjanst hjemmetjeneste äldreboende sykehjem omsorg äldreomsorg vård
    undersköterska underskoterska sjuksköterska sykepleier vårdbiträde helsefagarbeider kunnig kunnigkunnig
    sverige norge finland suomi stockholm göteborg malmö oslo bergen trondheim helsinki
    """.split()  # noqa: SIM905  (read as words, not as a list of quotes)
)

# The 20,000 most used of ten million leaked passwords (published by Mark Burnett in 2015, public domain) that are
# long enough and no mere numbers, in lower case, the most used first; one a line.
_LEAKED = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split()

COMMON = _WORDS.union(_LEAKED)
