"""What several rooms need and none owns. No Django, no requests."""
