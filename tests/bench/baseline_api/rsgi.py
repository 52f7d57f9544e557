from django.core.wsgi import get_wsgi_application

from config.wsgi_threads import WsgiThreads

application = WsgiThreads(get_wsgi_application())
