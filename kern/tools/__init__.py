"""Tools: typed Python functions that a model may call, and what a person must do before they run.

Importing this costs next to nothing; pydantic and jsonschema are loaded when the first schema is built.
"""

from kern.tools.context import RunContext
from kern.tools.feedback import ask_user
from kern.tools.tool import Tool, as_tool, tool

__all__ = ["RunContext", "Tool", "as_tool", "ask_user", "tool"]
