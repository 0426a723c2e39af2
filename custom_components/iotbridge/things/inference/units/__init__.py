"""Units of numbers: rules that infer them where none is written, one file for each field. Pure."""
