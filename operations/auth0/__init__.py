"""A real Auth0 tenant, set up as this project needs it: what `manage.py auth0_setup` does (docs/auth0.md).

Read in this order: `desired_tenant` (what there should be), `current_tenant` (what there is), `plan` (the difference),
`apply` (making it so), `made` (what was made, so that it can be taken away again).
"""
