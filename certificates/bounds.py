"""What a file may have at most, for whoever reads it."""

LARGEST_FILE = 5_000_000  # bytes; a certificate has a tenth of a megabyte
LARGEST_CREDENTIAL = 100_000  # bytes
