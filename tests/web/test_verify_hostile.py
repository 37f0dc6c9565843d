"""Whatever strangers send to be checked: a clear answer in bounded time and memory, and nothing of it comes back."""

import json
import resource
import zlib
from html import unescape
from io import BytesIO
from itertools import count
from random import Random
from zipfile import ZIP_DEFLATED, ZipFile

import pikepdf
import pytest

from certificates.bounds import LARGEST_FILE
from certificates.credential.linked_data import DEEPEST
from lms.app import create_app
from lms.evidence import checking
from tests.certificates.test_check import BADGE, BOOK, written
from tests.certificates.test_reading import PDF, PNG, baked, bomb, chunk, many_pages, picture, saved
from tests.conftest import house_of

DOCUMENT = written(BADGE)  # genuine, but of a certificate that was never issued here
PLACES = count()  # from where they come: so many that none has sent too much
GROWTH = 300 << 20  # bytes that all of these together may add to the process of the pages
READABLE = "We do not know this number"  # it was opened, and what is inside was found to be genuine
REFUSED = "We cannot read this file"
EMPTY = "There is nothing in this file that can be checked"


@pytest.fixture(scope="module")
def client(request, tmp_path_factory):
    """A browser at one house for all of them, which knows the keys of the tests: nothing is changed by any."""
    with (
        pytest.MonkeyPatch.context() as patch,
        house_of(request, "sqlite", tmp_path_factory.mktemp("hostile")) as house,
    ):
        patch.setattr(checking, "_keys", lambda _ctx, _did: BOOK)
        app = create_app(house=house)
        app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        yield app.test_client()


def answered(client, data):
    """The heading of the answer, of which the page shows nothing that was sent."""
    answer = client.post(
        "/v",
        data=b'--x\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        + data
        + b"\r\n--x--\r\n",
        content_type="multipart/form-data; boundary=x",
        headers={"Accept-Language": "en"},
        environ_base={"REMOTE_ADDR": f"10.0.0.{next(PLACES) % 250}"},
    )
    assert answer.status_code == 200
    assert "evil" not in answer.text
    return unescape(answer.text).partition("<title>")[2].partition(" – ")[0]


def with_script(pdf):
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('evil')")
    pdf.Root.OpenAction = action
    pdf.Root.AA = pikepdf.Dictionary(WC=action)


def many_files(pdf):
    for number in range(1_000):
        pdf.attachments[f"evil-{number}"] = b"evil" * 100


def in_a_circle(pdf):
    kids = pikepdf.Array()
    node = pdf.make_indirect(pikepdf.Dictionary(Kids=kids))
    kids.append(node)
    pdf.Root.Names.EmbeddedFiles = node


def deep_in_names(pdf):
    node = pdf.Root.Names.EmbeddedFiles
    for _level in range(5_000):
        node = pdf.make_indirect(pikepdf.Dictionary(Kids=pikepdf.Array([node])))
    pdf.Root.Names.EmbeddedFiles = node


def strange_info(pdf):
    pdf.trailer.Info = pikepdf.Array([1, 2])


def zipped(data):
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("evil", data)
    return out.getvalue()


def packed_pixels():
    """A picture of 60,000 times 60,000 points, some kilobytes packed, before the credential."""
    head = chunk(b"IHDR", b"\0\0\xea\x60" * 2 + b"\x08\0\0\0\0")
    return PNG + head + chunk(b"IDAT", zlib.compress(bytes(50_000_000))) + chunk(b"iTXt", baked(DOCUMENT))


def document(**changes):
    return json.dumps(json.loads(DOCUMENT) | changes).encode()


def poison(size):
    """Nodes without an address that all look the same: telling them apart takes time without end."""
    names = [f"_:b{number}" for number in range(size)]
    nodes = [
        {"id": one, "type": ["Profile"], "parentOrg": [{"id": other} for other in names if other != one]}
        for one in names
    ]
    return document(issuer=nodes)


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


TWICE = DOCUMENT.replace(b'"name"', b'"id": "evil", "id": "evil", "name"', 1)
FILES = {
    "a script in a PDF": (saved(with_script), READABLE),
    "a PDF with 1,000 files": (saved(many_files), READABLE),
    "a PDF of 200 pages": (saved(many_pages), READABLE),
    "a PDF whose names go in a circle": (saved(in_a_circle), None),
    "a PDF whose names lie deep": (saved(deep_in_names), None),
    "a PDF with strange facts": (saved(strange_info), READABLE),
    "a PDF that unpacks to gigabytes": (bomb(), None),
    "a PDF that refers to itself": (PDF.replace(b"/Names", b"/Kids ", 1), None),
    "a PDF of nothing": (b"%PDF-1.7\n" + b"0 0 obj\n" * 100_000, REFUSED),
    "a PDF that is a ZIP": (PDF + zipped(b"evil"), READABLE),
    "a ZIP": (zipped(DOCUMENT), REFUSED),
    "a ZIP before a PDF": (zipped(b"evil") + PDF, REFUSED),
    "a picture that is a PDF": (picture(baked(DOCUMENT)) + PDF, READABLE),
    "a PDF that is a picture": (b"%PDF-" + picture(baked(DOCUMENT)), REFUSED),
    "a page": (b"<!doctype html><script>evil()</script>" + PDF, REFUSED),
    "a page in JSON": (b'{"</title><script>evil()</script>": 1}', EMPTY),
    "a picture of gigabytes": (packed_pixels(), READABLE),
    "a picture with a bomb": (picture(baked(bytes(400_000_000), packed=True)), REFUSED),
    "a picture of 100,000 parts": (PNG + chunk(b"tEXt", b"evil") * 100_000, EMPTY),
    "brackets without end": (b"[" * 90_000, REFUSED),
    "JSON that lies deep": (nested(10_000), EMPTY),
    "JSON a little too deep": (nested(DEEPEST + 2), EMPTY),
    "a graph of poison": (poison(12), "The certificate is not genuine"),
    "an array without end": (document(name=[0] * 30_000), EMPTY),
    "a number without end": (b'{"a": ' + b"9" * 50_000 + b"}", EMPTY),
    "half of a letter": (document(name="\ud800"), EMPTY),
    "a key twice": (TWICE, EMPTY),
    "a context of the net": (document(**{"@context": ["https://evil.example/context"]}), EMPTY),
    "a context inside": (document(issuer={"@context": {"evil": "urn:evil"}, "id": "urn:x"}), EMPTY),
    "a token of nothing": (b"..", "We do not know who signed this"),
    "a token of brackets": (b"W1tb.W1tb.W1tb", "We do not know who signed this"),
    "too much": (b"%PDF-" + bytes(LARGEST_FILE), REFUSED),
}  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", FILES)
def test_it_is_answered(client, name):
    data, heading = FILES[name]
    assert answered(client, data) in ({heading} if heading else {READABLE, REFUSED, EMPTY})


@pytest.mark.timeout(60)
def test_any_bytes_changed_are_answered(client):
    chance = Random(31)
    for _each in range(8):
        data = bytearray(PDF)
        for _byte in range(chance.choice([1, 20, 500])):
            data[chance.randrange(5, len(data))] = chance.randrange(256)
        assert answered(client, bytes(data))


@pytest.mark.timeout(120)
def test_the_process_of_the_pages_does_not_grow(client):
    """By the worst of them; what the process that opens a PDF may take is tried in `test_reading`."""
    worst = (
        "a PDF that unpacks to gigabytes",
        "a picture with a bomb",
        "a picture of gigabytes",
        "a graph of poison",
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in worst:
        answered(client, FILES[name][0])
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10 < GROWTH
