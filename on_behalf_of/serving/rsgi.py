"""A project's API behind granian: `granian --interface rsgi on_behalf_of.serving.rsgi:application`.

`manage.py serve` runs it. Set DJANGO_SETTINGS_MODULE. The process renews the issuer's keys in the background, and seals
the log if `ON_BEHALF_OF["AUDIT"]["SEALING"]` is "thread".
"""

from on_behalf_of.serving.parent_process import end_with_server

end_with_server()  # first: loading the apps takes a while

import threading  # noqa: E402

import django  # noqa: E402

from on_behalf_of.serving import collector  # noqa: E402

collector.pause()
django.setup(set_prefix=False)  # before the rest, which needs the apps

from on_behalf_of.audit.background import seal_in_background, stop_sealing  # noqa: E402
from on_behalf_of.audit.row_writer import row_writer  # noqa: E402
from on_behalf_of.drf.authentication import token_verifier  # noqa: E402
from on_behalf_of.drf.configuration import api_configuration  # noqa: E402
from on_behalf_of.serving.between_requests import take_over  # noqa: E402
from on_behalf_of.serving.first_call import load_views  # noqa: E402
from on_behalf_of.serving.flat_handler import FlatHandler  # noqa: E402
from on_behalf_of.serving.wsgi_threads import WsgiApplication, WsgiThreads  # noqa: E402

load_views()
token_verifier(api_configuration()).keys.keep_fresh(threading.Event())
seal_in_background()
take_over()


def stop() -> None:
    stop_sealing()
    api_configuration().observer.process_ends()


wsgi_application: WsgiApplication = FlatHandler()
application = WsgiThreads(wsgi_application, at_end=stop, writer=row_writer())

collector.resume()
