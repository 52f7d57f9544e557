"""The story that `manage.py demo` tells: the whole On-Behalf-Of chain on real HTTP, hop by hop."""
