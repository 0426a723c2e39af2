"""What is known of quantities, units, words and vendors: tables, one line for each thing known."""
