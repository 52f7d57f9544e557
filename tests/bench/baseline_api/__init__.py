"""A minimal API for comparison: DRF, PyJWT with its PyJWKClient, and a row for each call through the ORM.

It verifies less, decides less and seals nothing. It is here to be compared with, on the same server and database.
"""
