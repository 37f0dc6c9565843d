"""Staff lists for tests."""

HEAD = "Anställningsnummer;Förnamn;Efternamn;Enhet;Roll;Från"


def staff_list(*lines: str, head: str = HEAD) -> bytes:
    """A file of these lines below a header."""
    return "\r\n".join([head, *lines, ""]).encode()


def many(count: int, *, percent: int = 100, first: str = "2026-02-01", unit: str = "Björken") -> bytes:
    """A file of so many people in a unit, each with an address."""
    return staff_list(
        *(f"p{n};Given{n};Family{n};{unit};usk;{first};p{n}@granvik.example;{percent}" for n in range(count)),
        head=HEAD + ";E-post;Procent",
    )
