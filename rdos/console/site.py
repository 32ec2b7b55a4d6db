"""The console: Django's admin, in the theme's dress."""

from unfold.sites import UnfoldAdminSite


class Console(UnfoldAdminSite):
    site_title = "RDOS"
    site_header = "RDOS"
    site_url = "/"
