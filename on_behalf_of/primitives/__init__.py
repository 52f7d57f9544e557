"""Small helpers that several rooms share. No Django, no requests, and no imports from other rooms.

Text: `blank`, `foreign_text`, `visible_text`, `scope_syntax`, `nul`. Documents and files: `strict_json`,
`atomic_file`, `sealed_box`, `declared_settings`. Time and failure: `bounded_cache`, `circuit_breaker`,
`retry_after`, `time_budget`, `call_error`. A request and its trace: `client_address`, `current_request`, `span`,
`trace`. Output: `console`.
Look here before you write a helper. If only one room needs it, it belongs there.
"""
