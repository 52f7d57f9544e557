"""Tools made from an API's OpenAPI description (3.0 or 3.1), one for each operation that is named.

An operation passes in this order: `description` (where the document comes from), `operation` (what it says about one
operation), `lock_file` (what was accepted of it), `generated_tool` (the tool: `naming`, `arguments` with
`listed_schema` for models and `judging_schema` for the call, `request`, `answer`).
"""
