"""Commands of this repository: up, demo, inspect and auth0_setup. Nothing imports this package."""
