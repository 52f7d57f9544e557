"""What `serve api` runs."""

import threading

from django.conf import settings

from config.api.wsgi import application as wsgi_application  # first: it loads the apps
from config.parent_process import end_with_parent
from config.wsgi_threads import WsgiThreads
from downstream_api.audit.background import SealingThread
from downstream_api.authentication import token_verifier

end_with_parent()
token_verifier(settings.DOWNSTREAM_API).keys.keep_fresh(threading.Event())
sealing = SealingThread(settings.AUDIT_LOG)
sealing.start()


def stop() -> None:
    sealing.stop()
    settings.DOWNSTREAM_API.observer.process_ends()


application = WsgiThreads(wsgi_application, at_end=stop)
