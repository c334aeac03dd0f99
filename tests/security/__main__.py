"""`python -m tests.security`: play everything, one line a play."""

import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main(["-v", "--no-header", "tests/security", *sys.argv[1:]]))
