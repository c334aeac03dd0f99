"""Logs, metrics, probes and error reports, with secrets taken out."""
