import secrets

from django.db import models

from local_tenant.blank import refuse_blank
from local_tenant.models.user import Role, TenantUser


def new_org_id() -> str:
    return f"org_{secrets.token_hex(8)}"


class Organization(models.Model):
    """A customer of the tenant's owner. After a login through it, all tokens carry `org_id`."""

    org_id = models.CharField(
        "organization id",
        max_length=50,
        unique=True,
        default=new_org_id,
        help_text="The `org_id` of tokens, and what clients send as `organization`.",
    )
    name = models.CharField(max_length=100)
    members = models.ManyToManyField(TenantUser, through="Membership", related_name="organizations")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        refuse_blank(org_id=self.org_id, name=self.name)


class Membership(models.Model):
    """A user's membership in an organization. Within the organization, only the roles given here count."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    member = models.ForeignKey(TenantUser, on_delete=models.CASCADE, related_name="memberships")
    roles = models.ManyToManyField(
        Role, blank=True, help_text="The member's roles after a login through this organization."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organization", "member"), name="one_membership_per_organization"),
        )

    def __str__(self) -> str:
        return f"{self.member} in {self.organization}"
