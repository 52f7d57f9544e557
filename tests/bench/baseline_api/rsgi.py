from django.core.wsgi import get_wsgi_application

from on_behalf_of.serving.wsgi_threads import WsgiThreads

application = WsgiThreads(get_wsgi_application())
