"""What every OAuth 2.0 protected resource of this project does alike (RFC 6750, RFC 9068, RFC 9728).

A plain package: no Django, no settings. Everything comes in as arguments, so it can be read, tested and
used outside this project.
"""
