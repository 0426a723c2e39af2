"""Single letters as keys, and as the last word of a key."""

# Words that stand beside a letter without making a word of it: U_AC, I_DC.
BESIDE_A_LETTER = frozenset({"ac", "dc", "in", "out", "grid", "pv", "bat"})
