"""The words in a file that was taken out, whatever its kind: in its bytes, which are packed, no name is found."""

from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pypdfium2


def words_in(data: bytes, kind: str) -> str:
    """All text of a file; of an archive also the names of what is in it, and the text of that."""
    ending = kind.rpartition("-")[2]
    if ending == "pdf":
        with pypdfium2.PdfDocument(data) as read:
            marks = [mark.get_title() for mark in read.get_toc()]
            return " ".join([*marks, *(page.get_textpage().get_text_range() for page in read)])
    if ending == "xlsx":
        cells = (
            cell for sheet in openpyxl.load_workbook(BytesIO(data)) for row in sheet.values for cell in row
        )
        return " ".join(str(cell) for cell in cells if cell is not None)
    if ending == "zip":
        with ZipFile(BytesIO(data)) as archive:
            held = {name: archive.read(name) for name in archive.namelist()}
        return " ".join(f"{name} {words_in(held[name], name.rpartition('.')[2])}" for name in held)
    return data.decode("utf-8-sig")
