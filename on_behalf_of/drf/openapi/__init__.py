"""The API as it describes itself: OpenAPI 3.1, drawn from the views, and the page that people read it on.

drf-spectacular takes a quarter of a second to load, so what serves calls never imports this package's modules but
`views`; the others are loaded when somebody asks for the description.
"""
