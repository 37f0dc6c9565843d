"""The signed form of a certificate: an Open Badge 3.0, which is a W3C Verifiable Credential 2.0."""
