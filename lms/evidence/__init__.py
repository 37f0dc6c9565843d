"""Where proofs come from that are documents: course certificates and their revocations."""
