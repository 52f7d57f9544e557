from django.apps import AppConfig
from django.db.models.signals import post_migrate


class McpBridgeConfig(AppConfig):
    name = "mcp_bridge"
    verbose_name = "MCP bridge"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from mcp_bridge import checks  # noqa: F401 - registers them
        from mcp_bridge.auditors import let_auditors_view

        post_migrate.connect(let_auditors_view, sender=self, dispatch_uid="mcp_bridge.auditors")
