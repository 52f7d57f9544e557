"""The RSGI application that `serve tenant` runs."""

from on_behalf_of.serving.parent_process import end_with_server

end_with_server()  # first, because loading the apps takes a while

from config.tenant.wsgi import application as wsgi_application  # noqa: E402
from local_tenant.views.long_redirect import MAX_URL  # noqa: E402
from on_behalf_of.serving.wsgi_threads import WsgiThreads  # noqa: E402

application = WsgiThreads(wsgi_application, max_target=MAX_URL)
