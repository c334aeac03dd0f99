"""Rules: who may decide, what ends a run, what a customer may use in a day."""
