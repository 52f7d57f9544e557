"""The tenant's models: APIs and their permissions, users and their roles, clients and their grants."""

from local_tenant.models.api import Api, Permission
from local_tenant.models.client import ClientGrant, ClientProfile
from local_tenant.models.offline_grant import OfflineGrant
from local_tenant.models.organization import Membership, Organization
from local_tenant.models.user import Role, TenantUser

__all__ = [
    "Api",
    "ClientGrant",
    "ClientProfile",
    "Membership",
    "OfflineGrant",
    "Organization",
    "Permission",
    "Role",
    "TenantUser",
]
