"""Assignments, progress, attempts and answers."""
