"""The work of `manage.py auth0_setup`: set up an Auth0 tenant for this project (docs/auth0.md).

Read in this order: `desired_tenant` (what the tenant should hold), `current_tenant` (what it holds), `plan` (the
difference), `apply` (make the changes), `made` (the record of what was made, so that `destroy` can remove it).
"""
