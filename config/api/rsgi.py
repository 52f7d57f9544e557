"""What `serve api` runs."""

from on_behalf_of.audit.configuration import audit_configuration
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.serving.parent_process import end_with_server

end_with_server()  # first, for loading the apps takes a while

import threading  # noqa: E402

from config.api.wsgi import application as wsgi_application  # noqa: E402 - before the rest: it loads the apps
from on_behalf_of.audit.background import SealingThread  # noqa: E402
from on_behalf_of.drf.authentication import token_verifier  # noqa: E402
from on_behalf_of.serving.wsgi_threads import WsgiThreads  # noqa: E402

token_verifier(api_configuration()).keys.keep_fresh(threading.Event())
sealing = SealingThread(audit_configuration())
sealing.start()


def stop() -> None:
    sealing.stop()
    api_configuration().observer.process_ends()


application = WsgiThreads(wsgi_application, at_end=stop)
