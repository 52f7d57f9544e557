"""Finding out what is wrong: `doctor` examines a deployment, `explaining` explains one token.

All of it uses the same code as the API and the MCP server. The commands `doctor` and
`explain_token` come with the app `on_behalf_of.serving`.
"""
