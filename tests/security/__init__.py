"""The red team: what an audit once did to the program is done again, to the whole program as `make run` starts it.

`python -m tests.security` plays it and tells one line a play; `make test` plays it with all other tests.
"""
