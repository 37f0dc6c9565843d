"""What the forms of sign-in send, and where they may lead."""

from typing import Any
from urllib.parse import urlsplit

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields


class SignInForm(Schema):
    """What the forms of these pages send; a field that is not there is empty."""

    class Meta:
        """Fields of no concern are left alone."""

        unknown = EXCLUDE

    email = fields.Str(load_default="")
    phone = fields.Str(load_default="")
    name = fields.Str(load_default="")
    password = fields.Str(load_default="")
    old_password = fields.Str(load_default="")
    code = fields.Str(load_default="")
    credential = fields.Str(load_default="")
    m = fields.Str(load_default="")
    c = fields.Str(load_default="")
    next = fields.Str(load_default="")
    remember = fields.Bool(load_default=False)


_FORM = SignInForm()


def sign_in_form() -> dict[str, Any]:
    """The form that was sent; a value that cannot be one counts as left out.

    A NUL character, which PostgreSQL cannot store, is left out of every text.
    """
    sent = {name: value.replace("\0", "") for name, value in request.form.items()}
    try:
        values: dict[str, Any] = _FORM.load(sent)
    except ValidationError as error:
        values = _FORM.load({}) | error.valid_data
    return values


def local_path(text: str | None) -> str:
    """The path if it leads to a page of this program, else nothing: nobody is sent elsewhere after sign-in."""
    if (
        not text
        or not text.startswith("/")
        or text.startswith("//")
        or "\\" in text
        or not text.isprintable()
    ):
        return ""
    parts = urlsplit(text)
    return "" if parts.scheme or parts.netloc else text
