"""The API as tools see it: JSON in, JSON out, on the caller's behalf, and no token anywhere."""
