"""What `manage.py doctor` examines: a configuration, the tenant that it names, and the way from one to the other.

`examination` runs the checks in their order. Each check asks and judges with the code that the services themselves run;
the questions and the remedies are here.
"""
