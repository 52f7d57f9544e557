"""Explaining a token as one of the services judges it, on the command line and on a page."""
