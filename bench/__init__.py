"""Measures the budgets of the design. `python -m bench --help`; a new bench is a module with `measure(effort)`, listed in
`bench.__main__`."""
