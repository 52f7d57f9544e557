"""The API as tools see it: JSON in, JSON out, on the caller's behalf. Tools never see a token."""
