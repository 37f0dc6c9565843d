"""What the tests of sign-in do in a browser."""

import re

AMINA = "amina.yusuf@granvik.example"
PASSWORD = "häst lampa moln"


def text_of(response):
    """The page without the token of its forms, which differs from visitor to visitor."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", response.text)


def token_of(client):
    """The raw token in the browser's cookie."""
    cookie = client.get_cookie("kunnig")
    return cookie.value if cookie else None


def is_signed_in(client):
    """Whether the front door leads on."""
    return client.get("/sign-in").status_code == 303
