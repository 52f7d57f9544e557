"""Finding out what is wrong: `doctor` examines a deployment, `explaining` explains one token.

Everything is asked and judged by the code that the API and the MCP server themselves run. The commands `doctor` and
`explain_token` come with the app `on_behalf_of.serving`.
"""
