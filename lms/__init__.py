"""Kunnig: learning and competence for Nordic municipal care services."""

__version__ = "0.1.0"
