"""Bulk jobs: actions on many sessions that are tried first, watched, stopped and undone.

`action` is what each kind of job is made of, `registry` lists the kinds, `planning` makes a job as a dry run, `engine` works
its rows, `control` holds what people do to a job.
"""
