"""One contract for both file stores; the S3 one talks to a real server that checks signatures."""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.base.errors import Away
from lms.base.files import FileStore, LocalFiles, S3Files, make_file_store
from lms.base.settings import read_settings
from tests.servers import BUCKET, S3_KEY, S3_SECRET, running_s3


@pytest.fixture(scope="module")
def s3_address(tmp_path_factory) -> Iterator[str]:
    with running_s3(tmp_path_factory.mktemp("s3")) as address:
        yield address


def s3(address: str, secret: str = S3_SECRET, prefix: str = "") -> S3Files:
    return S3Files(
        read_settings(
            mode="demo", files=f"s3://{BUCKET}{prefix}", s3_endpoint=address, s3_key=S3_KEY, s3_secret=secret
        )
    )


@pytest.fixture(params=["local", "s3", "s3 with prefix"])
def store(request, tmp_path) -> FileStore:
    if request.param == "local":
        return LocalFiles(tmp_path / "files")
    address = request.getfixturevalue("s3_address")
    return s3(address, prefix="/granvik/files" if "prefix" in request.param else "")


def test_what_is_put_can_be_got(store):
    store.put("certificates/ab/åäö 1.pdf", b"\x00\xff content")
    assert store.has("certificates/ab/åäö 1.pdf")
    assert store.get("certificates/ab/åäö 1.pdf") == b"\x00\xff content"


def test_a_second_put_replaces(store):
    store.put("a/b", b"first")
    store.put("a/b", b"second, and longer")
    assert store.get("a/b") == b"second, and longer"


def test_a_file_of_any_size_goes_in_and_out_piece_by_piece(store, tmp_path):
    data = os.urandom(9_000_000)  # of more than one part
    store.upload("large/one", BytesIO(data))
    with (tmp_path / "back").open("w+b") as back:
        store.download("large/one", back)
        back.seek(0)
        assert back.read() == data
    with pytest.raises(KeyError):
        store.download("large/none", BytesIO())


def test_an_empty_file_is_a_file(store):
    store.put("empty", b"")
    assert store.get("empty") == b""


def test_what_is_not_there_is_a_key_error(store):
    assert not store.has("nothing/here")
    with pytest.raises(KeyError):
        store.get("nothing/here")


def test_deleting_is_final_and_may_be_done_twice(store):
    store.put("gone", b"x")
    store.delete("gone")
    store.delete("gone")
    assert not store.has("gone")


def test_all_keys_can_be_listed(store):
    kept = {f"listed/{number}/å" for number in range(3)}
    for key in kept:
        store.put(key, b"x")
    store.check()
    assert {key for key in store.all_keys() if key.startswith("listed/")} == kept


def test_a_file_of_any_size_goes_there_and_back(s3_address):
    store = s3(s3_address)
    data = bytes(range(256)) * 40_000  # more than one part
    store.upload("large/one", BytesIO(data))
    store.download("large/one", back := BytesIO())
    assert back.getvalue() == data
    with pytest.raises(KeyError):
        store.download("large/none", BytesIO())


def test_a_store_that_cannot_be_used_says_so(s3_address, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OSError, match="cannot be written"):
        LocalFiles(tmp_path / "file" / "files").check()
    with pytest.raises(ClientError):
        s3(s3_address, secret="another-secret-altogether-123456").check()


def test_a_folder_that_may_not_be_read_is_not_an_empty_one(tmp_path, monkeypatch):
    store = LocalFiles(tmp_path / "files")
    assert list(store.all_keys()) == []  # there is no folder before the first file
    store.put("closed/one", b"x")
    scan = os.scandir

    def closed(folder):
        if Path(folder).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scan(folder)

    monkeypatch.setattr(os, "scandir", closed)  # root may read every folder
    with pytest.raises(Away):
        list(store.all_keys())


def test_the_clock_of_the_store_is_near_ours(s3_address):
    assert abs(s3(s3_address).clock() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("key", ["", "/etc/passwd", "../out", "a/../../out", "a//b", "a/.", "a\\b"])
@pytest.mark.parametrize(
    "call",
    [lambda s, k: s.put(k, b""), lambda s, k: s.get(k), lambda s, k: s.has(k), lambda s, k: s.delete(k)],
)
def test_a_key_cannot_lead_out_of_the_store(store, key, call: Callable[[FileStore, str], object]):
    with pytest.raises(ValueError, match="not a file key"):
        call(store, key)


def test_a_large_file_comes_back_whole(store):
    data = bytes(range(256)) * 20_000
    store.put("whole", data)
    assert store.get("whole") == data


def test_the_server_refuses_a_wrong_secret(s3_address):
    with pytest.raises(ClientError):
        s3(s3_address, secret="another-secret-altogether-123456").put("a", b"x")


def test_readers_never_see_half_a_local_file(tmp_path):
    store = LocalFiles(tmp_path)
    small, large = b"a" * 10, b"b" * 3_000_000
    store.put("file", small)
    seen: set[bytes] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(store.get("file"))

    reader = threading.Thread(target=read)
    reader.start()
    for data in (large, small) * 10:
        store.put("file", data)
    done.set()
    reader.join()
    assert seen <= {small, large}
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.text("abcåäö0", min_size=1, max_size=8), st.binary(max_size=200), max_size=5))
def test_keys_do_not_disturb_each_other(tmp_path, files):
    store = LocalFiles(tmp_path / "files")
    for key, data in files.items():
        store.put(f"k/{key}", data)
    assert {key: store.get(f"k/{key}") for key in files} == files


def test_the_setting_chooses_the_store(tmp_path: Path):
    assert isinstance(make_file_store(read_settings(mode="demo", data=tmp_path)), LocalFiles)
    assert isinstance(make_file_store(read_settings(mode="demo", files="s3://bucket")), S3Files)
    with pytest.raises(ValueError, match="KUNNIG_FILES"):
        make_file_store(read_settings(mode="demo", files="ftp://somewhere"))
