"""Courses as read-only values, editions as frozen snapshots."""
