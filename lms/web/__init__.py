"""HTML for people, one file per audience."""
