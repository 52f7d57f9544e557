"""What `serve tenant` runs."""

from config.parent_process import end_with_parent
from config.tenant.wsgi import application as wsgi_application
from config.wsgi_threads import WsgiThreads

end_with_parent()
application = WsgiThreads(wsgi_application)
