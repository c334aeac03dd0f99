"""Kill every part of a busy installation at random moments, fill its disk, set its clocks wrong, and look what became of what
customers wrote.
"""
