"""Code that several rooms need. No Django, no requests."""
