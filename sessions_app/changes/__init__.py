"""The session's change log, and its publication to open pages."""
