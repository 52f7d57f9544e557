"""The API's description: OpenAPI 3.1, generated from the views, and the page that shows it to people.

drf-spectacular takes a quarter of a second to load, so code that serves calls imports only `views` and `operation` of
this package; the other modules are loaded when the description is first requested.
"""
