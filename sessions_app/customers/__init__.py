"""Customers' rights by law: their data can be listed, exported and erased (see docs/data.md)."""

from sessions_app.customers.erasing import Erased, erase, finish
from sessions_app.customers.export import export_for, exported, file_name
from sessions_app.customers.preview import Preview, preview
from sessions_app.customers.whom import Customer

__all__ = ["Customer", "Erased", "Preview", "erase", "export_for", "exported", "file_name", "finish", "preview"]
