"""What `manage.py doctor` examines: a configuration, the tenant that it names, and the way from one to the other.

Everything is asked and judged by the code that the services themselves run; here are the questions and the remedies.
"""
