"""The points of PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) that can be checked by reading a file, one by one."""

from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from typing import Any

import pikepdf
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name, Object, Stream

from tests.certificates.opened import XMP, Opened, glyphs, meanings, widths

DEEPEST_Q = 28  # 6.1.13: graphics states one in another
LONGEST_STRING, LONGEST_NAME, LARGEST = 32_767, 127, 2**31 - 1
PAINTING = {"f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "TJ", "Tj", "'", '"', "BI", "EI"}
COLOURS = {"g", "G", "rg", "RG", "k", "K"}
POINTS: dict[str, Callable[["Opened"], None]] = {}


def point(clause: str) -> Callable[[Callable[["Opened"], None]], Callable[["Opened"], None]]:
    """Name a check by the clauses of the standards it is about."""

    def enter(check: Callable[["Opened"], None]) -> Callable[["Opened"], None]:
        POINTS[clause] = check
        return check

    return enter


# ---- the file ----


@point("A 6.1.2: the head says which PDF it is, and that it is not text")
def _head(file: Opened) -> None:
    first, second = file.data.split(b"\n")[:2]
    assert first.rstrip(b"\r") in {f"%PDF-1.{minor}".encode() for minor in range(8)}
    assert second.startswith(b"%")
    assert len(second) >= 5
    assert all(byte > 127 for byte in second[1:5])


@point("A 6.1.3: a permanent id, nothing locked, nothing after the end; UA 7.16: readers may read")
def _end(file: Opened) -> None:
    assert len(file.pdf.trailer.ID) == 2
    assert "/Encrypt" not in file.pdf.trailer
    assert file.data.rstrip(b"\r\n").endswith(b"%%EOF")


@point("A 6.1.7: streams are whole, inside of the file, and packed in a way that is free")
def _streams(file: Opened) -> None:
    for stream in (each for each in file.objects if isinstance(each, Stream)):
        assert not {"/F", "/FFilter", "/FDecodeParms"} & set(stream.keys())
        filters = stream.get("/Filter", Array([]))
        for packed in filters if isinstance(filters, Array) else [filters]:
            assert packed in {Name.FlateDecode, Name.DCTDecode}
        stream.read_bytes()


@point("A 6.1.8, 6.1.13: names, texts and numbers no longer than every reader takes")
def _limits(file: Opened) -> None:
    for each in file.objects:
        parts = list(each) if isinstance(each, Array) else [each[key] for key in each.keys()]  # noqa: SIM118
        for key in () if isinstance(each, Array) else each.keys():
            assert len(key.encode()) <= LONGEST_NAME
        for part in parts:
            if isinstance(part, pikepdf.String):
                assert len(bytes(part)) <= LONGEST_STRING
            elif isinstance(part, Name):
                assert len(str(part).encode()) <= LONGEST_NAME
            elif isinstance(part, int) and not isinstance(part, bool):
                assert abs(part) <= LARGEST
    for _where, drawn in file.content():
        depth = deepest = 0
        for step in drawn:
            depth += {"q": 1, "Q": -1}.get(str(step.operator), 0)
            deepest = max(depth, deepest)
        assert depth == 0
        assert deepest <= DEEPEST_Q


# ---- what is drawn ----


@point("A 6.2.2: only operators of the standard, and resources that are named")
def _operators(file: Opened) -> None:
    for where, drawn in file.content():
        assert "/Resources" in where
        for step in drawn:
            if str(step.operator) in {"Do", "gs", "Tf", "sh"}:
                kind = {"Do": "/XObject", "gs": "/ExtGState", "Tf": "/Font", "sh": "/Shading"}
                assert str(step.operands[0]) in where.Resources[kind[str(step.operator)]]


@point("A 6.2.3, 6.2.4: one colour profile, and no colours but those it explains")
def _colours(file: Opened) -> None:
    (intent,) = file.root.OutputIntents
    assert intent.S == Name.GTS_PDFA1
    assert intent.DestOutputProfile.N == 3
    profile = intent.DestOutputProfile.read_bytes()
    assert profile[36:40] == b"acsp"
    assert profile[16:20] == b"RGB "
    assert profile[8] <= 4  # its version
    for _where, drawn in file.content():
        assert not {"k", "K"} & {str(step.operator) for step in drawn}
    assert not any(Name.DeviceCMYK in list(each) for each in file.objects if isinstance(each, Array))
    assert not any(
        each.get("/ColorSpace") == Name.DeviceCMYK for each in file.objects if not isinstance(each, Array)
    )


@point("A 6.2.5: no halftones, transfer curves or black generation; intents of the standard")
def _graphics_states(file: Opened) -> None:
    for state in file.of_type("/ExtGState"):
        assert not {"/TR", "/TR2", "/HTP", "/HTO", "/HT", "/BG", "/UCR"} & set(state.keys())
    intents = {"/Perceptual", "/Saturation", "/AbsoluteColorimetric", "/RelativeColorimetric"}
    for _where, drawn in file.content():
        assert all(str(step.operands[0]) in intents for step in drawn if str(step.operator) == "ri")


@point("A 6.2.8, 6.2.9: pictures and forms as they are, without substitutes, programs or other files")
def _pictures(file: Opened) -> None:
    for each in (each for each in file.objects if isinstance(each, Stream)):
        assert not {"/Alternates", "/OPI", "/Ref", "/PS"} & set(each.keys())
        assert not each.get("/Interpolate", False)
        assert each.get("/Subtype2") is None
        assert each.get("/Subtype") != Name.PS


@point("A 6.2.10: what is seen through has a colour space to be mixed in")
def _transparency(file: Opened) -> None:
    for group in (each.Group for each in file.objects if not isinstance(each, Array) and "/Group" in each):
        assert Name.Transparency == group.S
        space = group.get("/CS", Name.DeviceRGB)
        if isinstance(space, Array):
            assert space[0] == Name.ICCBased
            assert space[1].N == 3
        else:
            assert space == Name.DeviceRGB
    normal = {Name.Normal, Name.Compatible, Name.Multiply, Name.Screen, None}
    assert all(state.get("/BM") in normal for state in file.of_type("/ExtGState"))


@point("A 6.2.11, UA 7.21: fonts are inside, say what each sign means, and draw no sign that is lacking")
def _fonts(file: Opened) -> None:
    fonts = [each for each in file.of_type("/Font") if each.Subtype == Name.Type0]
    assert fonts
    assert {str(each.Subtype) for each in file.of_type("/Font")} <= {"/Type0", "/CIDFontType2"}
    used = glyphs(file)
    for font in fonts:
        (below,) = font.DescendantFonts
        assert font.Encoding == Name("/Identity-H")
        assert below.CIDToGIDMap == Name.Identity
        program = TTFont(BytesIO(below.FontDescriptor.FontFile2.read_bytes()))
        order, width = len(program.getGlyphOrder()), dict(widths(below.W))
        said = set(meanings(font.ToUnicode.read_bytes()))
        for glyph in used.get(font.objgen, ()):
            assert glyph != 0, "a box for a lacking sign"
            assert glyph < order
            assert glyph in said
            advance = program["hmtx"][program.getGlyphName(glyph)][0] * 1000 / program["head"].unitsPerEm
            assert abs(width.get(glyph, below.get("/DW", 1000)) - advance) <= 1


# ---- links, forms, actions ----


@point("A 6.3, UA 7.18: links are printed, stand in the order of the tags and say where they lead")
def _links(file: Opened) -> None:
    tagged = {
        child.Obj.objgen
        for name, node, _above in file.tags
        if name == "/Link"
        for child in (node.K if isinstance(node.K, Array) else [node.K])
        if isinstance(child, Dictionary) and child.get("/Type") == Name.OBJR
    }
    for page in file.pdf.pages:
        notes = list(page.obj.get("/Annots", []))
        if notes:
            assert page.obj.Tabs == Name.S
        for note in notes:
            assert note.Subtype == Name.Link
            assert int(note.F) & 4
            assert not int(note.F) & (1 | 2 | 32)  # invisible, hidden, not viewed
            assert note.objgen in tagged
            assert "/StructParent" in note
            assert str(note.get("/Contents", ""))


@point("A 6.4, 6.5: nothing to fill in, nothing that runs")
def _actions(file: Opened) -> None:
    assert not {"/AcroForm", "/AA", "/OpenAction", "/Requirements", "/Collection"} & set(file.root.keys())
    for each in (each for each in file.objects if not isinstance(each, Array)):
        assert "/AA" not in each
        assert "/JS" not in each
        if "/A" in each and isinstance(each.A, Dictionary) and "/S" in each.A:
            assert each.A.S in {Name.URI, Name.GoTo}
    assert "/JavaScript" not in file.root.get("/Names", Dictionary())


# ---- metadata ----


@point("A 6.6, UA 5: one description says what it conforms to, titles it, and agrees with the old one")
def _metadata(file: Opened) -> None:
    assert file.root.Metadata.Type == Name.Metadata
    assert file.root.Metadata.Subtype == Name.XML
    assert len(file.xmp.findall("rdf:RDF", XMP)) == 1
    marks = file.marks()
    assert marks[f"{{{XMP['pdfaid']}}}part"] == "3"
    assert marks[f"{{{XMP['pdfaid']}}}conformance"] == "A"
    assert marks[f"{{{XMP['pdfuaid']}}}part"] == "1"
    assert marks[f"{{{XMP['dc']}}}title"] == str(file.pdf.docinfo.Title)
    assert bool(file.root.ViewerPreferences.DisplayDocTitle)
    for old, new in (("/CreationDate", "CreateDate"), ("/ModDate", "ModifyDate")):
        if old in file.pdf.docinfo:
            digits = "".join(filter(str.isdigit, marks[f"{{{XMP['xmp']}}}{new}"]))[:14]
            assert str(file.pdf.docinfo[old])[2:16] == digits
    if "/Producer" in file.pdf.docinfo:
        assert marks[f"{{{XMP['pdf']}}}Producer"] == str(file.pdf.docinfo.Producer)


@point("A 6.6.2.3: words of its own are explained in the file")
def _extensions(file: Opened) -> None:
    explained = {part.text for part in file.xmp.iter("{http://www.aiim.org/pdfa/ns/schema#}namespaceURI")}
    assert explained == {XMP["pdfuaid"]}
    known = {*XMP.values(), "http://www.aiim.org/pdfa/ns/extension/"}
    for part in file.xmp.findall("rdf:RDF/rdf:Description", XMP):
        for name in (*part.attrib, *(child.tag for child in part)):
            assert name[1:].partition("}")[0] in known


# ---- tags ----


@point("A 6.7.1, UA 7.1: it is tagged, and no tag is in doubt")
def _marked(file: Opened) -> None:
    assert file.root.MarkInfo.Marked
    assert not file.root.MarkInfo.get("/Suspects", False)
    assert file.tags[0][0] == "/Document"


@point("UA 7.1: all that is drawn is tagged or marked as decoration, never both or one in the other")
def _all_tagged(file: Opened) -> None:
    forms = {each.objgen for each, _drawn in file.content() if each.get("/Subtype") == "/Form"}
    for where, drawn in file.content():
        inside: list[str] = (
            ["form"] if where.objgen in forms else []
        )  # a form is drawn inside of what draws it
        for step in drawn:
            operator = str(step.operator)
            if operator in {"BDC", "BMC"}:
                tag = str(step.operands[0])
                kind = "decoration" if tag == "/Artifact" else "tagged" if _has_id(step, where) else "other"
                assert not (kind == "tagged" and "decoration" in inside)
                assert not (kind == "decoration" and "tagged" in inside)
                inside.append(kind)
            elif operator == "EMC":
                inside.pop()
            elif operator in PAINTING:
                assert {"form", "decoration", "tagged"} & set(inside), f"{operator} outside of everything"


def _has_id(step: Any, _where: Object) -> bool:
    return (
        str(step.operator) == "BDC"
        and isinstance(step.operands[1], Dictionary)
        and "/MCID" in step.operands[1]
    )


@point("A 6.7.3: every piece of the page belongs to just one tag, which is found from it")
def _parents(file: Opened) -> None:
    for page in file.pdf.pages:
        drawn = [
            int(step.operands[1].MCID)
            for step in pikepdf.parse_content_stream(page)
            if str(step.operator) == "BDC" and _has_id(step, page.obj)
        ]
        assert len(drawn) == len(set(drawn))
        row = _of_number(file.root.StructTreeRoot.ParentTree, int(page.obj.StructParents))
        assert len(row) == len(drawn)
        for piece in drawn:
            kids = row[piece].K if isinstance(row[piece].K, Array) else [row[piece].K]
            assert any(_names(kid, piece) for kid in kids)


def _names(kid: Object, piece: int) -> bool:
    if isinstance(kid, Dictionary):
        return kid.get("/Type") == Name.MCR and int(kid.MCID) == piece
    return int(kid) == piece


def _of_number(tree: Object, number: int) -> Object:
    numbers = list(tree.Nums)
    return dict(zip(map(int, numbers[::2]), numbers[1::2], strict=True))[number]


@point("A 6.7.3.4: tags are those of the standard, or led back to them without a circle")
def _roles(file: Opened) -> None:
    standard = {
        "/Document", "/Part", "/Sect", "/Div", "/P", "/H1", "/H2", "/H3", "/L", "/LI", "/Lbl", "/LBody", "/Table",
        "/TR", "/TH", "/TD", "/THead", "/TBody", "/TFoot", "/Span", "/Link", "/Figure", "/NonStruct", "/Caption",
        "/Art", "/BlockQuote", "/Private",
    }  # fmt: skip
    roles = file.root.StructTreeRoot.get("/RoleMap", Dictionary())
    for name, _node, _above in file.tags:
        seen = set()
        while name in roles and name not in seen:
            seen.add(name)
            name = str(roles[name])  # noqa: PLW2901
        assert name in standard


@point("A 6.7.4, UA 7.2: the language is said, and is one")
def _language(file: Opened) -> None:
    assert str(file.root.Lang) in {"sv", "nb", "en"}
    languages = {str(node.Lang) for _name, node, _above in file.tags if "/Lang" in node}
    assert languages <= {"sv", "nb", "en"}


@point("UA 7.3: what is a picture says what it shows")
def _figures(file: Opened) -> None:
    assert all(str(node.get("/Alt", "")) for name, node, _above in file.tags if name == "/Figure")


@point("UA 7.4: headings begin with the first level, and leave none out")
def _headings(file: Opened) -> None:
    levels = [int(name[2:]) for name, _node, _above in file.tags if name[:2] == "/H" and name[2:].isdigit()]
    assert levels
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@point("UA 7.5: tables have heads, and each cell names its own")
def _tables(file: Opened) -> None:
    heads, named = set(), set()
    for name, node, above in file.tags:
        if name == "/TR":
            assert above in {"/Table", "/THead", "/TBody", "/TFoot"}
        if name in {"/TH", "/TD"}:
            assert above == "/TR"
        if name == "/TH":
            heads.add(str(node.ID))
        if name == "/TD":
            named |= {str(head) for head in node.A.Headers}
    assert named <= heads


@point("UA 7.6: lists hold items, and items hold what they say")
def _lists(file: Opened) -> None:
    for name, _node, above in file.tags:
        if above == "/L":
            assert name in {"/LI", "/Caption", "/L"}
        if above == "/LI":
            assert name in {"/Lbl", "/LBody"}
        if name == "/LI":
            assert above == "/L"


# ---- files inside ----


@point("A 6.8, UA 7.11: files inside have a name, a kind, a place in the document and a relation to it")
def _enclosed(file: Opened) -> None:
    associated = {each.objgen for each in file.root.get("/AF", [])}
    for each in file.of_type("/Filespec"):
        assert str(each.F) == str(each.UF)
        assert str(each.Desc)
        assert each.AFRelationship == Name.Data
        assert each.objgen in associated
        inside = each.EF.F
        assert inside.Type == Name.EmbeddedFile
        assert inside.Subtype == Name("/application/json")
        assert int(inside.Params.Size) == len(inside.read_bytes())
        assert "/ModDate" in inside.Params


@point("A 6.9, 6.10, UA 7.10: nothing is shown to some and hidden from others")
def _layers(file: Opened) -> None:
    assert "/OCProperties" not in file.root
    assert not any("/PresSteps" in page.obj for page in file.pdf.pages)
    assert "/AlternatePresentations" not in file.root.get("/Names", Dictionary())
