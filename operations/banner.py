from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from config.environment import Environment


def banner(environment: Environment, *, plain: bool) -> None:
    """Print what runs where, who can log in, and what to try first."""
    console = Console(highlight=False, no_color=plain, soft_wrap=True)
    table = Table.grid(padding=(0, 3))
    table.add_row("[b]MCP bridge[/b]", f"{environment.bridge_url}/mcp")
    table.add_row("[b]API[/b]", f"{environment.api_url}/")
    table.add_row("", f"{environment.api_url}/admin/  [dim]review delegated access[/dim]")
    table.add_row("[b]Tenant[/b]", environment.issuer)
    if environment.is_local:
        from local_tenant.seed import DEVELOPMENT_STAFF, DEVELOPMENT_USERS

        table.add_row("", f"{environment.issuer}admin/  [dim]users, roles, grants, clients[/dim]")
        table.add_row("")
        for user in DEVELOPMENT_USERS:
            table.add_row("[b]Log in as[/b]", f"{user.email} / {user.password}  [dim]{user.role}[/dim]")
        for staff in DEVELOPMENT_STAFF:
            table.add_row("[b]Admin as[/b]", f"{staff.username} / {staff.password}  [dim]{staff.what_for}[/dim]")
    table.add_row("")
    table.add_row("[b]MCP Inspector[/b]", "make inspect  [dim]in another terminal[/dim]")
    table.add_row("[b]Other clients[/b]", "docs/clients.md")
    table.add_row("[b]Stop[/b]", "Ctrl-C")
    console.print(table if plain or not console.is_terminal else Panel(table, title="Delegated access", expand=False))
    console.file.flush()
