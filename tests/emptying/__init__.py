"""An app of the tests: empties the database between tests the quick way."""
