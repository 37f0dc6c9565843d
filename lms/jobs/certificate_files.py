"""Certificates as one file: a ZIP with an index, the signed files beside the PDFs, or all PDFs in one to print.

What is missing of the certificates is made first, some in each of many short tasks, between which others have their
turn. Then a last task reads one after the other and writes the file, so memory holds some of them only. Whoever takes
over from a worker that was killed finds made what was made, and writes the same file.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import IO, BinaryIO, cast
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import certificates
from lms.base.context import House, work
from lms.base.i18n import catalogue as texts
from lms.evidence.credentials import documents_of
from lms.evidence.queries import certificates_shown
from lms.jobs import letters, papers
from lms.organisation.acting import acting_for
from lms.reports import making
from lms.reports.certificate_list import (
    Line,
    certificates_behind,
    certificates_counted,
    certificates_listed,
)
from lms.reports.making import Made, NothingToWrite, Order, TooManyRows
from lms.reports.register_file import course_titles
from lms.reports.rules import MOST_ROWS
from lms.reports.sheet import Cell, write_csv

OF_A_TASK = 100  # certificates that one task makes: some seconds
AT_ONCE = 50  # certificates whose content is read together
BETWEEN = 1.0  # seconds from one word on the progress to the next
FIRST_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest moment that the format knows
Tell = Callable[[int, int | None], None]  # how many are done, and, the first time, of how many


@dataclass(slots=True)
class Held:
    """What a file holds as it is written, and how many certificates of protected identities it leaves out."""

    left_out: int = 0
    lines: list[Line] = field(default_factory=list)
    unnamed: set[int] = field(default_factory=set)  # people whose identity is protected


@dataclass(frozen=True, slots=True)
class Some:
    """What a task has seen to: how many certificates, the last of them if others may follow, and of how many in all."""

    count: int
    last: int | None
    total: int | None  # told by the first task


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate as files."""

    line: Line
    title: str  # of the course
    verdict: certificates.Verdict
    pdf: bytes
    signed: bytes

    @property
    def number(self) -> str:
        """The number as people read it."""
        return certificates.display(self.line.number)


def make_some(house: House, order: Order, behind: int) -> Some:
    """Make what is missing of the next certificates of an order behind one. Raises TooManyRows, NothingToWrite."""
    with work(house, order.actor, writes=False, **_facts(order)) as ctx:
        total = certificates_counted(ctx, order.view) if behind == 0 else None
        keys = certificates_behind(ctx, order.view, behind, OF_A_TASK)
    if total is not None and total > MOST_ROWS[order.kind]:
        raise TooManyRows
    if total == 0:
        raise NothingToWrite
    papers.make_missing(house, order.actor.employer_id, keys)
    return Some(len(keys), keys[-1] if len(keys) == OF_A_TASK else None, total)


def _facts(order: Order) -> dict[str, str]:
    return {"language": order.language, "time_zone": order.time_zone, "country": order.country}


def write_certificates(house: House, order: Order, file: IO[bytes], tell: Tell) -> Made:
    """Write the certificates of an order to an open file. Raises TooManyRows, NothingToWrite."""
    with work(house, order.actor, writes=False, **_facts(order)) as ctx:
        unnamed = making.protected_people(ctx)
        listed, units = certificates_listed(ctx, order.view), making.units_of_file(ctx, order.kind)
        titles = course_titles(ctx)
    if len(listed.lines) > MOST_ROWS[order.kind]:
        raise TooManyRows
    if not listed.lines:
        raise NothingToWrite
    tell(0, len(listed.lines))
    held = Held(listed.left_out, unnamed=set(unnamed))
    found = _told(_papers(house, order.actor.employer_id, listed.lines, held, titles), held, tell)
    if order.kind == "certificates-pdf":
        _merged(found, file, texts(order.language).gettext("Certificates"), order.language)
    else:
        _zipped(found, held, file, titles, order.language)
    return Made(len(held.lines), units, held.unnamed)


def _papers(
    house: House, employer_id: int, listed: Sequence[Line], held: Held, titles: Mapping[str, str]
) -> Iterator[Paper]:
    """The certificates as files, one after the other; what was issued, or lost its signature, since then is made now.

    Not those of whoever was protected since they were listed, nor what was forgotten: a long file takes its time.
    """
    for first in range(0, len(listed), AT_ONCE):
        lines = listed[first : first + AT_ONCE]
        keys = [line.certificate_id for line in lines]
        with acting_for(house, employer_id, writes=False) as ctx:
            known = {each.id: each for each in certificates_shown(ctx, keys)}
            signed = documents_of(ctx, keys)
        for line in lines:
            shown = known.get(line.certificate_id)
            if shown is None:
                continue
            if shown.protected:
                held.left_out += 1
                held.unnamed.add(line.person_id)
                continue
            if shown.id not in signed:
                papers.make_missing(house, employer_id, [shown.id])
            document = signed.get(shown.id) or papers.sign_certificate(house, employer_id, shown.id).document
            pdf = _pdf(house, employer_id, shown.id, shown.content)
            yield Paper(line, titles.get(line.course, line.course), shown.verdict, pdf, document)


def _pdf(
    house: House, employer_id: int, certificate_id: int, content: certificates.CertificateContent
) -> bytes:
    key = certificates.pdf_key(content)
    try:
        return house.files.get(key)
    except KeyError:
        papers.render_certificate(house, employer_id, {"certificate_id": certificate_id})
        return house.files.get(key)


def _told(found: Iterator[Paper], held: Held, tell: Tell) -> Iterator[Paper]:
    """The same, keeping the lines of what is written, and telling now and then how many there were."""
    last = monotonic()
    for count, paper in enumerate(found, 1):
        held.lines.append(paper.line)
        yield paper
        if monotonic() - last > BETWEEN:
            tell(count, None)
            last = monotonic()


def _merged(found: Iterator[Paper], file: IO[bytes], title: str, language: str) -> None:
    """All PDFs as one, each in the outline by name, course and whether it counts."""
    states = _states(language)
    parts = (
        certificates.Part(
            paper.number,
            f"{paper.line.family_name}, {paper.line.given_name}: {paper.title} ({states[paper.verdict]})",
            paper.pdf,
        )
        for paper in found
    )
    certificates.merge_pdfs(parts, cast("BinaryIO", file), title, language)


def _zipped(
    found: Iterator[Paper], held: Held, file: IO[bytes], titles: Mapping[str, str], language: str
) -> None:
    """PDFs and signed files, and an index of them as a table for programs and as a page."""
    verdicts: dict[int, certificates.Verdict] = {}
    with ZipFile(file, "w") as archive:
        for paper in found:
            verdicts[paper.line.certificate_id] = paper.verdict
            archive.writestr(_entry(_name(paper.line, "pdf"), ZIP_STORED), paper.pdf)  # is packed in itself
            archive.writestr(_entry(_name(paper.line, "json"), ZIP_DEFLATED), paper.signed)
        heads, rows = _heads(language), partial(_rows, held, verdicts, titles, language)
        with archive.open(_entry("index.csv", ZIP_DEFLATED), "w") as index:
            write_csv(index, heads, rows())
        template = letters.environments()[language].get_template("report/certificates.html")
        with archive.open(_entry("index.html", ZIP_DEFLATED), "w") as index:
            for text in template.generate(heads=heads, rows=rows()):
                index.write(text.encode())


def _entry(name: str, packed: int) -> ZipInfo:
    """An entry of an archive that says nothing of when it was written, so that the same facts give the same bytes."""
    entry = ZipInfo(name, FIRST_OF_ZIP)
    entry.compress_type = packed
    return entry


def _name(line: Line, ending: str) -> str:
    """What a file is called: by its number, and by its holder in letters that every system takes."""
    plain = normalize("NFKD", f"{line.family_name} {line.given_name}").encode("ascii", "ignore").decode()
    words = "-".join(re.findall(r"[A-Za-z0-9]+", plain))[:60]
    number = certificates.display(line.number)
    return f"{'pdf' if ending == 'pdf' else 'signed'}/{number}{f'-{words}' if words else ''}.{ending}"


def _heads(language: str) -> list[str]:
    _ = texts(language).gettext
    return [
        _("Certificate number"), _("Employee number"), _("Family name"), _("First name"), _("Unit"), _("Course"),
        _("Completed on"), _("Valid until and including"), _("Status"), _("PDF"), _("Signed file"),
    ]  # fmt: skip


def _states(language: str) -> dict[certificates.Verdict, str]:
    _ = texts(language).gettext
    kinds = certificates.Verdict
    return {
        kinds.VALID: _("Valid"), kinds.EXPIRED: _("Expired"), kinds.REVOKED: _("Revoked"),
        kinds.SUPERSEDED: _("Replaced"),
    }  # fmt: skip


def _rows(
    held: Held, verdicts: Mapping[int, certificates.Verdict], titles: Mapping[str, str], language: str
) -> Iterator[list[Cell]]:
    """The lines of the index; the last says how many it leaves out."""
    states = _states(language)
    for line in held.lines:
        yield [
            certificates.display(line.number), line.employee_number, line.family_name, line.given_name, line.unit,
            titles.get(line.course, line.course), line.achieved_on, line.expires_on,
            states[verdicts[line.certificate_id]], _name(line, "pdf"),
            _name(line, "json"),
        ]  # fmt: skip
    if held.left_out:
        said = texts(language).ngettext(
            "%(num)s certificate of a protected identity is left out.",
            "%(num)s certificates of protected identities are left out.",
            held.left_out,
        )
        yield [said % {"num": held.left_out}, *[None] * 10]
