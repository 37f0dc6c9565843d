"""Guards about the code: permissions are stated, commits have one place, templates are strict."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CAPABILITIES = (
    "identity", "organisation", "messages", "catalogue", "register", "evidence", "learning", "competence",
    "reflection", "reports",
)  # fmt: skip


def functions_with_context() -> Iterator[tuple[str, ast.FunctionDef]]:
    for capability in CAPABILITIES:
        for path in sorted((ROOT / "lms" / capability).glob("*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.args.args:
                    first = node.args.args[0]
                    if isinstance(first.annotation, ast.Name) and first.annotation.id == "Context":
                        yield f"{capability}/{path.name}:{node.name}", node


def is_open(function: ast.FunctionDef) -> bool:
    return bool(re.search(r"^Open: \S", ast.get_docstring(function) or "", re.MULTILINE))


def states_permission(function: ast.FunctionDef) -> bool:
    if is_open(function):
        return True
    first = function.body[1] if ast.get_docstring(function) else function.body[0]
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in {"require", "reach", "who"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "ctx"
        for node in ast.walk(first)
    )


FUNCTIONS = dict(functions_with_context())


def test_there_are_functions_to_guard():
    assert len(FUNCTIONS) > 50


@pytest.mark.parametrize("name", FUNCTIONS)
def test_first_line_states_the_permission(name):
    assert states_permission(FUNCTIONS[name]), (
        f"{name}: the first line must be ctx.require(…) or ctx.reach(…), or the docstring say 'Open: <reason>.'"
    )


def pages_about_others() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / "lms" / "web").glob("*.py")):
        if path.name.startswith(("lead_", "employer_")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "page":
                    yield f"{path.name}:{node.lineno} {ast.unparse(node.args[1])}", node


PAGES = dict(pages_about_others())


@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_others_names_its_permission_too(name):
    needs = {keyword.arg: ast.unparse(keyword.value) for keyword in PAGES[name].keywords}.get("needs", "")
    assert needs.startswith("Permission.")


def test_there_are_pages_to_guard():
    assert len(PAGES) > 30


def test_the_guard_notices_a_function_without_permission():
    source = 'def names(ctx: Context):\n    """All names."""\n    return ctx.db.scalars(select(Person))\n'
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert not states_permission(node)


def test_only_the_unit_of_work_commits():
    callers = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "lms").rglob("*.py"))
        if re.search(r"\.commit\(", path.read_text())
    ]
    assert callers == ["lms/base/context.py"]


def test_files_stay_small():
    for package in ("lms", "certificates"):
        for path in sorted((ROOT / package).rglob("*.py")):
            assert len(path.read_text().splitlines()) <= 400, f"{path}: more than 400 lines"


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_template_has_nothing_inline(path):
    text = re.sub(r"{#.*?#}", "", path.read_text(), flags=re.DOTALL)
    if path.parent.name == "email":
        return  # mail has no stylesheet of its own
    assert not re.search(r"\sstyle\s*=", text), "inline style"
    assert not re.search(r"\son[a-z]+\s*=", text), "inline script"
    assert not re.search(r"<script(?![^>]*\ssrc=)", text), "inline script"


def test_posting_forms_carry_a_token():
    for path in TEMPLATES:
        text = path.read_text()
        for match in re.finditer(r'<form[^>]*method="post"[^>]*>(.{0,300})', text, re.DOTALL | re.IGNORECASE):
            assert "csrf" in match.group(1), f"{path}: a form without csrf()"
