"""Who signs in: accounts, identifiers, sessions, slips and links, throttling."""
