"""One blueprint per audience; the files beside this one hang their pages on them."""

from flask import Blueprint

public = Blueprint("public", __name__)
signin = Blueprint("signin", __name__)
staff = Blueprint("staff", __name__)
lead = Blueprint("lead", __name__)
employer = Blueprint("employer", __name__)
ALL = (public, signin, staff, lead, employer)
