"""Vocabulary: tables of quantities, units, words and vendors' conventions, one line for each fact."""
