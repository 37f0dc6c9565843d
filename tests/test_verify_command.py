"""`kunnig verify`, as somebody runs it who has nothing but files."""

import json
import os

import pytest
import time_machine
from click.testing import CliRunner

from certificates import Layout, layout_bytes, render_pdf
from certificates.credential.badge import Issuer, badge
from certificates.credential.did import did_document
from certificates.credential.keys import public_half
from lms.cli import main
from tests.certificates.builders import make_content
from tests.certificates.test_check import BADGE, CONTENT, DID, KEY, OLD, PLACE, TOKEN_KEY, written
from tests.certificates.test_offline import DOCUMENT, FILES, NOW, ON_ANOTHER, PDF, TOKEN, listed

UNASKED = "The certificate is genuine; whether it was revoked has not been checked"
KEYS = json.dumps([did_document(DID, [OLD.public, KEY.public], [public_half(TOKEN_KEY)])]).encode()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run it on files in an empty folder, without any setting: it needs no house."""
    for name in [name for name in os.environ if name.startswith("KUNNIG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.json").write_bytes(KEYS)

    def command(data, *options, status=()):
        (tmp_path / "file").write_bytes(data)
        for number, each in enumerate(status):
            (tmp_path / f"{number}.json").write_bytes(each)
            options = (*options, "--status", f"{number}.json")
        with time_machine.travel(NOW, tick=False):
            done = CliRunner().invoke(main, ["verify", "file", "--keys", "keys.json", *options])
        assert {each.suffix for each in tmp_path.iterdir()} <= {"", ".json"}  # no database, nothing kept
        return done

    return command


@pytest.mark.parametrize(
    ("data", "code", "heading"),
    [
        (PDF, 0, UNASKED),
        (DOCUMENT, 0, UNASKED),
        (TOKEN, 0, UNASKED),
        (ON_ANOTHER, 1, "This is not the file that was issued"),
        (DOCUMENT.replace(b"Granviks", b"Granvicks"), 1, "The certificate is not genuine"),
        (FILES["made by another release"][0], 2, "but the page may be another"),
        (json.dumps(BADGE).encode(), 2, "nothing in this file that can be checked"),
        (b"%PDF-1.7", 2, "We cannot read this file"),
        (b"x" * 5_000_001, 2, "We cannot read this file"),
    ],
    ids=range(9),
)
def test_a_person_reads_both_verdicts_and_a_script_the_exit_code(run, data, code, heading):
    done = run(data)
    assert (done.exit_code, done.stderr) == (code, "")
    assert heading in done.stdout
    assert "\nContent:  " in done.stdout
    assert "\nFile:  " in done.stdout
    assert ("Amina Yusuf" in done.stdout) is (
        code == 0 or data in {ON_ANOTHER, FILES["made by another release"][0]}
    )


def test_it_says_since_when_revocation_was_not_checked(run):
    assert (
        f"Revocation:  Never checked. It stands in the list at {PLACE.status_list} (--status)."
        in run(PDF).stdout
    )
    done = run(PDF, status=[listed()])
    assert done.stdout.splitlines()[0] == "The certificate is genuine and valid"
    assert "Revocation:  Not checked since 29 November 2026 at 07:00 UTC" in done.stdout
    assert done.exit_code == 0
    revoked = run(PDF, status=[listed(), listed(PLACE.status_index, at=NOW)])
    assert (revoked.exit_code, revoked.stdout.splitlines()[0]) == (1, "The certificate has been revoked")


def test_a_program_reads_the_same_as_everywhere(run):
    said = json.loads(run(PDF, "--json", status=[listed()]).stdout)
    assert (said["format"], said["version"], said["checked_at"]) == (
        "kunnig-verification",
        1,
        "2026-11-30T12:00:00Z",
    )
    assert (said["state"], said["file"]["verdict"]) == ("valid", "issued")
    assert said["status"]["known_at"] == "2026-11-29T07:00:00Z"
    assert said["signed_by"] == "did:web:kunnig.example:e:granvik"
    assert "\nSigned by:   did:web:kunnig.example:e:granvik\n" in run(PDF).stdout
    assert said["certificate"]["holder_name"] == CONTENT.holder_name


def test_what_is_handed_over_beside_the_file_must_be_what_it_is_said_to_be(run, tmp_path):
    done = run(PDF, status=[DOCUMENT])
    assert (done.exit_code, "0.json is no list of the revoked" in done.stderr) == (2, True)
    (tmp_path / "keys.json").write_bytes(b"{}")
    done = CliRunner().invoke(main, ["verify", "file", "--keys", "keys.json"])
    assert (done.exit_code, "this is no file of published keys" in done.stderr) == (2, True)


def test_an_own_layout_is_asked_for_and_taken(run, tmp_path):
    layout = Layout(band_colour="#1a6763", text_colour="#1a6763")
    content = make_content(layout=layout.name)
    document = written(badge(content, Issuer(DID, f"{PLACE.page[:24]}e/granvik"), PLACE))
    pdf = render_pdf(content, PLACE.page, credential=document, layout=layout_bytes(layout))
    done = run(pdf)
    address = f"https://kunnig.example/e/granvik/layouts/{layout.name}.json"
    assert (done.exit_code, f"{address} (--layout)" in done.stdout) == (2, True)
    (tmp_path / "own.json").write_bytes(layout_bytes(layout))
    done = run(pdf, "--layout", "own.json")
    assert (done.exit_code, "(--layout)" in done.stdout) == (0, False)
    (tmp_path / "own.json").write_bytes(b"{}")
    done = run(pdf, "--layout", "own.json")
    assert (done.exit_code, "own.json is no layout" in done.stderr) == (2, True)
