"""What several rooms need and none of them owns: JSON, text, scopes, addresses, spans, settings as they are read.

No Django, no requests, and nothing of the other rooms. Look here before you write a helper. If only one room needs it,
it belongs there.
"""
