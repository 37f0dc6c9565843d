"""The ledger of knowledge: requirements, duties, proofs, status on any date."""
