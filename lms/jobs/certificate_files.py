"""Certificates as one file: a ZIP with an index, the signed files beside the PDFs, or all PDFs in one to print.

A certificate is read, and made if it is not there yet, when its turn comes, so memory holds some of them only. Whoever
takes over from a worker that was killed begins anew, finds made what was made, and writes the same file.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import IO, BinaryIO, cast
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import certificates
from lms.base.context import House, work
from lms.base.i18n import catalogue as texts
from lms.evidence.credentials import credential_of
from lms.evidence.queries import certificates_shown
from lms.jobs import letters, papers
from lms.organisation.acting import acting_for
from lms.reports import making
from lms.reports.certificate_list import Line, Listed, certificates_listed
from lms.reports.making import Made, NothingToWrite, Order, TooManyRows
from lms.reports.register_file import course_titles
from lms.reports.rules import MOST_ROWS
from lms.reports.sheet import Cell, write_csv

AT_ONCE = 50  # certificates whose content is read together
BETWEEN = 1.0  # seconds from one word on the progress to the next
FIRST_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest moment that the format knows
Tell = Callable[[int, int | None], None]  # how many are done, and, the first time, of how many


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


def write_certificates(house: House, order: Order, file: IO[bytes], tell: Tell) -> Made:
    """Write the certificates of an order to an open file. Raises TooManyRows, NothingToWrite."""
    facts = {"language": order.language, "time_zone": order.time_zone, "country": order.country}
    with work(house, order.actor, writes=False, **facts) as ctx:
        listed, units = certificates_listed(ctx, order.view), making.units_of_file(ctx)
        titles = course_titles(ctx)
    if len(listed.lines) > MOST_ROWS[order.kind]:
        raise TooManyRows
    if not listed.lines:
        raise NothingToWrite
    tell(0, len(listed.lines))
    written: list[Line] = []
    found = _told(_papers(house, order.actor.employer_id, listed, titles), written, tell)
    if order.kind == "certificates-pdf":
        _merged(found, file, texts(order.language).gettext("Certificates"), order.language)
    else:
        _zipped(found, listed, written, file, titles, order.language)
    return Made(len(written), units)


def _papers(house: House, employer_id: int, listed: Listed, titles: Mapping[str, str]) -> Iterator[Paper]:
    """The certificates as files, one after the other; what is not made yet is made now, outside of transactions.

    Not those of whoever was protected since they were listed: a long file takes its time.
    """
    for first in range(0, len(listed.lines), AT_ONCE):
        lines = listed.lines[first : first + AT_ONCE]
        with acting_for(house, employer_id, writes=False) as ctx:
            known = {
                each.id: each for each in certificates_shown(ctx, [line.certificate_id for line in lines])
            }
            signed = {line.certificate_id: credential_of(ctx, line.certificate_id) for line in lines}
        for line in lines:
            key = line.certificate_id
            if known[key].protected:
                continue
            document = signed[key] or papers.sign_certificate(house, employer_id, key).document
            pdf = _pdf(house, employer_id, key, known[key].content)
            yield Paper(line, titles.get(line.course, line.course), known[key].verdict, pdf, document)


def _pdf(
    house: House, employer_id: int, certificate_id: int, content: certificates.CertificateContent
) -> bytes:
    key = certificates.pdf_key(content)
    try:
        return house.files.get(key)
    except KeyError:
        papers.render_certificate(house, employer_id, {"certificate_id": certificate_id})
        return house.files.get(key)


def _told(found: Iterator[Paper], written: list[Line], tell: Tell) -> Iterator[Paper]:
    """The same, keeping the lines of what is written, and telling now and then how many there were."""
    last = monotonic()
    for count, paper in enumerate(found, 1):
        written.append(paper.line)
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
    found: Iterator[Paper],
    listed: Listed,
    written: list[Line],
    file: IO[bytes],
    titles: Mapping[str, str],
    language: str,
) -> None:
    """PDFs and signed files, and an index of them as a table for programs and as a page."""
    verdicts: dict[int, certificates.Verdict] = {}
    with ZipFile(file, "w") as archive:
        for paper in found:
            verdicts[paper.line.certificate_id] = paper.verdict
            archive.writestr(_entry(_name(paper.line, "pdf"), ZIP_STORED), paper.pdf)  # is packed in itself
            archive.writestr(_entry(_name(paper.line, "json"), ZIP_DEFLATED), paper.signed)
        held = Listed(written, listed.left_out + len(listed.lines) - len(written))
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
    listed: Listed, verdicts: Mapping[int, certificates.Verdict], titles: Mapping[str, str], language: str
) -> Iterator[list[Cell]]:
    """The lines of the index; the last says how many it leaves out."""
    states = _states(language)
    for line in listed.lines:
        yield [
            certificates.display(line.number), line.employee_number, line.family_name, line.given_name, line.unit,
            titles.get(line.course, line.course), line.achieved_on, line.expires_on,
            states[verdicts[line.certificate_id]], _name(line, "pdf"),
            _name(line, "json"),
        ]  # fmt: skip
    if listed.left_out:
        said = texts(language).ngettext(
            "%(num)s certificate of a protected identity is left out.",
            "%(num)s certificates of protected identities are left out.",
            listed.left_out,
        )
        yield [said % {"num": listed.left_out}, *[None] * 10]
