#!/usr/bin/env python
"""Django's commands for this project."""

import os
import sys

from kern_inbox.management.command_line import main

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kern_inbox.settings")
    main(sys.argv)
