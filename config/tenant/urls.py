from django.contrib import admin
from django.urls import include, path

from local_tenant.signing_keys import published_keys
from local_tenant.views.home import home
from local_tenant.views.login import login_page, logout_page
from on_behalf_of.serving import error_pages
from on_behalf_of.serving.health import database_answers, healthz, readiness

admin.site.site_header = "Local tenant, for development only"
admin.site.site_title = "Local tenant"
admin.site.index_title = "Users, clients and their permissions"

handler400 = error_pages.bad_request
handler403 = error_pages.forbidden
handler404 = error_pages.not_found
handler500 = error_pages.server_error

urlpatterns = [
    path("", home, name="home"),
    path("login", login_page, name="login"),
    path("logout", logout_page, name="logout"),
    path("", include("local_tenant.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("readyz", readiness(database=database_answers, signing_key=published_keys)),
]
