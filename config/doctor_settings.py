"""The settings of `doctor`: those of all commands, or almost none if the environment is wrong.

A configuration that stops every other command is the doctor's first finding.
"""

from django.core.exceptions import ImproperlyConfigured

CONFIGURATION_PROBLEM = ""  # the sentence with which everything else refuses to start

try:
    from config.settings import *
except ImproperlyConfigured as error:
    CONFIGURATION_PROBLEM = str(error)
    INSTALLED_APPS = ["on_behalf_of.serving"]
    USE_TZ = True
