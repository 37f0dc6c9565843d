"""When a certificate stops being valid."""

from datetime import date

from lms.register.rules import last_valid_day


def expires_on(achieved_on: date, validity_months: int) -> date:
    """Last valid day of a certificate achieved on a day: so many months, the day before included."""
    return last_valid_day(achieved_on, validity_months)
