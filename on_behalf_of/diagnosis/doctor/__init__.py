"""The checks of `manage.py doctor`: the configuration, the tenant that it names, and how the two fit together.

`examination` runs the checks in their order. Requests and verification use the services' own code; the questions and
the remedies are here.
"""
