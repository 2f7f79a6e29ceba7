"""Django's administration, as this site has it."""

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """With a second factor: see accounts/staff.py."""

    default_site = "accounts.staff.Administration"
