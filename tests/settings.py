"""Settings of the tests: the program's own, in an environment that no developer's shell leaks into.

KERN_TEST_DATABASE=postgresql runs the suite on a temporary PostgreSQL instead of SQLite.
"""

import atexit
import os
import shutil
import tempfile

from kern_inbox.conf.environment import VARIABLES
from tests.servers import TemporaryPostgresql

for _variable in VARIABLES:
    os.environ.pop(_variable.name, None)
os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
os.environ.update(DEBUG="1", LOG_LEVEL="WARNING", DJANGO_SETTINGS_MODULE="tests.settings")
os.environ["KERN_VAR"] = _folder = tempfile.mkdtemp(prefix="kern-inbox-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
if os.environ.get("KERN_TEST_DATABASE") == "postgresql":
    _cluster = TemporaryPostgresql(in_memory=True)
    atexit.register(_cluster.remove)
    _cluster.create()
    os.environ["DATABASE_URL"] = _cluster.url

from kern_inbox.settings import *  # noqa: E402, F403
from kern_inbox.settings import DATABASES, INSTALLED_APPS  # noqa: E402

# A file and not memory: workers and other threads must see what a test wrote, exactly as in real life.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
INSTALLED_APPS = [*INSTALLED_APPS, "tests.emptying"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Many tests wait for an open page that reads the change log.
KERN_POLL_SECONDS = 0.2
