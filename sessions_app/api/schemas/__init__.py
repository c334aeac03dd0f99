"""What goes over the wire, one file a noun; `fields` has the types that nouns share."""
