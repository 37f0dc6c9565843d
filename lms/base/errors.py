"""The refusals of the house: a code and facts, no sentences; the edge turns them into words."""

from collections.abc import Mapping


class Refusal(Exception):
    """Something was not done; `code` says why, `facts` holds the values of the sentence."""

    status = 400

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


class NotFound(Refusal):
    """There is no such thing, or it is not yours: the two answer alike."""

    status = 404

    def __init__(self, code: str = "not_found", **facts: object) -> None:
        super().__init__(code, **facts)


class NotAllowed(Refusal):
    """You may see it, but not do this to it."""

    status = 403


class NotSignedIn(Refusal):
    """The page needs somebody who is signed in."""

    status = 401

    def __init__(self, code: str = "not_signed_in", **facts: object) -> None:
        super().__init__(code, **facts)


class Conflict(Refusal):
    """It cannot be done in the state things are in now."""

    status = 409


class Expired(Refusal):
    """It could have been done earlier: the link, code or time window is over."""

    status = 410


class TooMany(Refusal):
    """Too many tries; `seconds` in the facts says how long to wait."""

    status = 429


class Away(Refusal):
    """What the program stands on (database, files) cannot be reached just now; nothing was written.

    Except where the facts say `unsure`: the database was lost before it answered to a commit.
    """

    status = 503


class Invalid(Refusal):
    """The input is wrong; `fields` maps a field's name to a code."""

    status = 422

    def __init__(self, fields: Mapping[str, str], **facts: object) -> None:
        super().__init__("invalid", **facts)
        self.fields = dict(fields)
