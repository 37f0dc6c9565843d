"""Passwords so common that they are tried first; data, compared without trailing digits and signs."""

# The long-standing leaders of published lists of leaked passwords, and the words Nordic care staff meet every day.
COMMON = frozenset(
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
