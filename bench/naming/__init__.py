"""Names of many sessions: the job, beside the documents' plain loop."""
