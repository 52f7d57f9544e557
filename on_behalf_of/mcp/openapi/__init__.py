"""Tools made from an API's OpenAPI description (3.0 or 3.1), one for each operation that is named.

`generated_tools` is the declaration of a server's tools. An operation passes in this order: `description` (where the
document comes from), `operation` and `references` (what it says about one operation), `lock_file` (what was accepted of
it), `generated_tool` (the tool: `naming`, `wording`, `arguments` with `listed_schema` for models and `judging_schema`
for the call, `request`, `answer`). `start` compares the lock file with the API; `overview` serves `mcp_tools`.
"""
