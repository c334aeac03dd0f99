"""Pages: one file per noun. A view is access, form, one verb, respond."""
