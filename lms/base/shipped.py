"""Where templates/, courses/ and migrations/ lie: in a checkout, or inside the installed package."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """Folder `name` (templates, courses, migrations) as shipped with this program.

    A wheel carries it under `lms/_shipped/`, a checkout beside `lms/`.
    Raises FileNotFoundError if the installation is incomplete.
    """
    for folder in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    message = f"The folder {name}/ is missing from this installation; install kunnig again."
    raise FileNotFoundError(message)
