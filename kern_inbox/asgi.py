"""ASGI entry point: `uvicorn kern_inbox.asgi:application`."""

import os
import sys

from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kern_inbox.settings")

if not settings.DEBUG and not (settings.STATIC_ROOT / "staticfiles.json").exists():
    sys.exit("kern-inbox: the static files are not collected; run `python manage.py collectstatic --no-input` once.")

pages = get_asgi_application()

# Modules that import models can be imported from here on.
from kern_inbox.processes.desks import require_desk  # noqa: E402
from kern_inbox.processes.garbage import freeze_loaded_objects  # noqa: E402
from kern_inbox.processes.memory import return_large_blocks  # noqa: E402
from kern_inbox.processes.stopping import stops_streams  # noqa: E402
from kern_inbox.web.request_limits import limits_requests  # noqa: E402

require_desk()
return_large_blocks()

application = stops_streams(limits_requests(pages))
freeze_loaded_objects()
