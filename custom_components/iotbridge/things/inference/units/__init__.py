"""Units of numbers: rules that tell them where none is written, one file for each field. Pure."""
