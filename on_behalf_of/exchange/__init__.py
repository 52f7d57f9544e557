"""The bridge as an OAuth client: token A becomes token B (RFC 8693), once for each user, and what may go wrong."""
