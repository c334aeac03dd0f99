"""What the library `kern/` costs and loses, beside the libraries people use today."""
