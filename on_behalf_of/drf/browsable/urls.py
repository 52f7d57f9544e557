from django.urls import path

from on_behalf_of.drf.browsable import views
from on_behalf_of.drf.browsable.configuration import CALLBACK_PATH

app_name = "browsable"

urlpatterns = [
    path("login", views.login_page, name="login"),
    path(CALLBACK_PATH.removeprefix("/"), views.callback, name="callback"),
    path("login/paste", views.paste, name="paste"),
    path("login/token", views.token_page, name="token"),
    path("logout", views.logout_page, name="logout"),
]
