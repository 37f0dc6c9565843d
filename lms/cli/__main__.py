"""`python -m lms.cli` is `kunnig`."""

from lms.cli import main

if __name__ == "__main__":
    main()
