"""Policies: deciders, approvals, ends of runs, daily limits of customers."""
