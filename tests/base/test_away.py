"""What the program stands on is waited for with limits, and called away by one name."""

from io import BytesIO

import pytest
from sqlalchemy import text

from lms.base.context import work
from lms.base.errors import Away
from lms.base.files import LocalFiles, S3Files
from lms.base.settings import read_settings
from tests.servers import free_port


@pytest.mark.parametrize("call", ["put", "get", "delete"])
def test_a_disk_that_fails_is_away(tmp_path, call):
    loop = tmp_path / "files"
    loop.symlink_to(loop)  # whoever follows it gets an error of the disk
    arguments = (b"data",) if call == "put" else ()
    with pytest.raises(Away):
        getattr(LocalFiles(loop), call)("a/b", *arguments)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.put("a/b", b"data"),
        lambda store: store.get("a/b"),
        lambda store: store.has("a/b"),
        lambda store: store.delete("a/b"),
        lambda store: list(store.all_keys()),
        lambda store: store.upload("a/b", BytesIO(b"data")),
        lambda store: store.download("a/b", BytesIO()),
    ],
    ids=["put", "get", "has", "delete", "all_keys", "upload", "download"],
)
def test_a_store_that_does_not_answer_is_away(call):
    nobody = f"http://127.0.0.1:{free_port()}"
    store = S3Files(read_settings(mode="demo", files="s3://b", s3_endpoint=nobody, s3_key="k", s3_secret="s"))
    with pytest.raises(Away):
        call(store)


@pytest.mark.parametrize("house", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_postgresql_is_not_waited_for_without_end(house):
    with work(house, writes=False) as ctx:
        limits = {
            name: ctx.db.scalar(text(f"SELECT setting::int FROM pg_settings WHERE name = '{name}'"))
            for name in ("lock_timeout", "statement_timeout")
        }
    assert limits == {"lock_timeout": 30_000, "statement_timeout": 60_000}  # milliseconds


@pytest.mark.parametrize("house", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_what_is_about_all_of_postgresql_takes_its_time(owner):
    """Migrations, backup and restore go through large tables as their owner."""
    with owner.begin() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0"


@pytest.mark.parametrize("house", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
def test_a_statement_that_takes_too_long_is_away_and_the_next_one_works(house):
    def wait() -> None:
        with work(house, writes=False) as ctx:
            ctx.db.execute(text("SET LOCAL statement_timeout = 100"))
            ctx.db.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(Away):
        wait()
    with work(house, writes=False) as ctx:
        assert ctx.db.scalar(text("SELECT 1")) == 1
