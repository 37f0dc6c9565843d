"""Settings: production refuses what is only good for a demonstration, with one clear line."""

import pytest

from lms.base.settings import DEMO_SECRET, SettingsError, read_settings

GOOD = {"mode": "production", "secret_key": "x" * 64, "mail": "smtp://mail.example.se:25"}


def test_production_starts_with_a_secret_and_a_mail_server():
    assert read_settings(**GOOD).mode == "production"


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"secret_key": DEMO_SECRET}, "KUNNIG_SECRET_KEY"),
        ({"secret_key": ""}, "KUNNIG_SECRET_KEY"),
        ({"secret_key": "short"}, "KUNNIG_SECRET_KEY"),
        ({"mail": ""}, "KUNNIG_MAIL"),
        ({"mail": "mail.example.se"}, "KUNNIG_MAIL"),
        ({"mail": "mail.example.se:587"}, "KUNNIG_MAIL"),
        ({"mail": "smtp://user:short@"}, "KUNNIG_MAIL"),
        ({"mail": "smtp://user:short/er@mail.example.se"}, "KUNNIG_MAIL"),
        ({"mail": "https://mail.example.se"}, "KUNNIG_MAIL"),
        ({"port": "eighty"}, "KUNNIG_PORT"),
        ({"mode": "test"}, "KUNNIG_MODE"),
        ({"sms": "sms.example.se"}, "KUNNIG_SMS"),
        ({"sms": "http://sms.example.se/short"}, "KUNNIG_SMS"),
        ({"sms": "https://user:short@sms.example.se"}, "KUNNIG_SMS"),
        ({"push_key": "short"}, "KUNNIG_PUSH_KEY"),
        ({"sms_from": "Granviks kommun"}, "KUNNIG_SMS_FROM"),
        ({"security_contact": "it@granvik.example"}, "KUNNIG_SECURITY_CONTACT"),
        ({"accessibility_contact": "it@granvik.example"}, "KUNNIG_ACCESSIBILITY_CONTACT"),
        ({"security_contact": "mailto:a@b.example\nExpires: never"}, "KUNNIG_SECURITY_CONTACT"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(change, names):
    with pytest.raises(SettingsError) as refused:
        read_settings(**{**GOOD, **change})
    assert names in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "short" not in str(refused.value)


@pytest.mark.parametrize(
    "mail",
    [
        "smtp://mail",
        "smtps://mail.example.se",
        "smtp://kunnig@example.se:p%2Fw@mail.example.se:587/",
        "smtp://[::1]:25",
    ],
)
def test_a_mail_server_has_a_scheme_and_a_host(mail):
    assert read_settings(**{**GOOD, "mail": mail}).mail == mail


def test_paths_are_put_behind_the_public_address():
    assert (
        read_settings(mode="demo", public_url="https://kunnig.example/").public_url
        == "https://kunnig.example"
    )


def test_a_secret_may_lie_in_a_file_of_its_own(monkeypatch, tmp_path):
    (tmp_path / "kunnig_secret_key").write_text("y" * 64 + "\n")
    monkeypatch.setenv("KUNNIG_SECRETS", str(tmp_path))
    kept = read_settings(mode="production", mail=GOOD["mail"])
    assert kept.secret_key.get_secret_value() == "y" * 64
    monkeypatch.setenv("KUNNIG_SECRETS", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="KUNNIG_SECRETS"):
        read_settings(**GOOD)


def test_the_owner_of_the_tables_has_an_own_address_or_the_programs():
    program, owner = "postgresql+psycopg://kunnig@db/kunnig", "postgresql+psycopg://kunnig_owner@db/kunnig"
    assert read_settings(mode="demo", database=program).owner_url == program
    assert read_settings(mode="demo", database=program, database_owner=owner).owner_url == owner


def test_settings_are_read_once_and_frozen(monkeypatch, tmp_path):
    monkeypatch.setenv("KUNNIG_DATA", str(tmp_path))
    monkeypatch.setenv("KUNNIG_PORT", "9000")
    settings = read_settings(mode="demo")
    assert (settings.data, settings.port) == (tmp_path, 9000)
    assert settings.database_url == f"sqlite:///{tmp_path}/kunnig.db"
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1
