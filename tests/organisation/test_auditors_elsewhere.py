"""Auditors from outside whose address is a way in at another employer: they get the letter and come in here."""

import re
from dataclasses import replace
from email import message_from_bytes, policy

from sqlalchemy import select

from lms.jobs.worker import work_off
from lms.messages.models import Message
from tests.organisation.test_auditors import PER, appoint, form


def letters_to(house, address):
    """The texts of all letters to an address, as they were written."""
    mails = [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(house.settings.mail_folder.glob("*.eml"))
    ]
    return [mail.get_body(("plain",)).get_content() for mail in mails if mail["To"] == address]


def test_an_inspector_whose_address_is_known_elsewhere_is_let_in_and_the_officer_sees_no_difference(
    granvik, fjordvik, house, client, sign_in
):
    appoint(granvik)
    work_off(house)
    siri = sign_in(fjordvik, "siri")
    assert siri.post("/auditors/new", data=form()).status_code == 303
    assert siri.post("/auditors/new", data=form(email="new@ivo.example")).status_code == 303
    listed = siri.get("/auditors").text
    told = re.findall(r"<br>([^<]*@[^<]*)<", listed)
    assert len(told) == 2
    assert told[0].replace("new@ivo.example", PER.email) == told[1]
    work_off(house)
    with fjordvik.inside() as ctx:
        told_of = select(Message.kind, Message.outcome).where(Message.employer_id == ctx.employer_id)
        sent = ctx.db.execute(told_of.where(Message.kind.in_(("auditor", "slip")))).all()
    assert sent == [("auditor", "sent")] * 2
    (letter,) = [text for text in letters_to(house, PER.email) if "Fjordvik" in text]
    (where,) = re.findall(r"(/sign-in/slip\?m=fjordvik&c=\S+)", letter)
    code = where.partition("c=")[2]
    typed = client.post("/sign-in/slip", data={"m": "fjordvik", "c": code, "is_me": "yes"})
    assert typed.location == "/sign-in/own"
    own = client.post("/sign-in/own", data={"email": "", "phone": "", "password": "regn over tunet 7"})
    assert own.location == "/register"
    assert "Yusuf" not in client.get("/register").text
    again = client.application.test_client()
    named = {"m": "fjordvik", "name": "EXT-1", "password": "regn over tunet 7"}
    assert again.post("/sign-in/password", data=named).location == "/register"
    siri.post("/auditors/new", data=form(reason="Nytt tilsyn"))  # and the next time there is nothing to open
    work_off(house)
    (later,) = [text for text in letters_to(house, PER.email) if "/sign-in/password?m=fjordvik" in text]
    assert "EXT-1" in later


def test_an_inspector_whose_address_is_known_elsewhere_is_entered_once(granvik, fjordvik):
    appoint(granvik)
    first, second = (appoint(fjordvik, by="siri", last=last) for last in (5, 9))
    assert first.person_id == second.person_id


def test_who_has_another_name_at_the_same_address_is_somebody_else(granvik, fjordvik):
    appoint(granvik)
    first = appoint(fjordvik, by="siri")
    again = appoint(fjordvik, by="siri", who=replace(PER, given_name=PER.given_name.upper()), last=9)
    other = appoint(fjordvik, by="siri", who=replace(PER, given_name="Bo"), last=9)
    assert first.person_id == again.person_id != other.person_id
