"""The local tenant with an https issuer, for a test that ends TLS in front of it: Auth0's SDK knows no other.

Nothing else differs. Only tests can configure this: elsewhere, an https issuer is a real tenant.
"""

import os
from dataclasses import replace

from config.tenant.settings import *  # noqa: F403
from config.tenant.settings import LOCAL_TENANT as CONFIGURED
from local_tenant.provider_settings import provider_settings

LOCAL_TENANT = replace(CONFIGURED, issuer=os.environ["TEST_TENANT_ISSUER"])
OAUTH2_PROVIDER = provider_settings(LOCAL_TENANT)
