"""The doctor's settings: those of all commands, or none where the environment does not allow for any.

A configuration that stops every other command is the first thing that the doctor has to tell.
"""

from django.core.exceptions import ImproperlyConfigured

CONFIGURATION_PROBLEM = ""  # the sentence with which everything else refuses to start

try:
    from config.settings import *
except ImproperlyConfigured as error:
    CONFIGURATION_PROBLEM = str(error)
    INSTALLED_APPS = ["config"]
    USE_TZ = True
