"""The look of the library's pages: layout, colours and icon. Templates and style sheets only.

A project overrides the layout with a template `on_behalf_of/layout.html` of its own, and the API's pages with
`on_behalf_of/api_page.html`, in an app that stands before this one in INSTALLED_APPS.
"""
