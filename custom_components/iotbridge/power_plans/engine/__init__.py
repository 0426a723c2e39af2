"""Pure rules of power plans: the plan, its order, and one step forward of a run."""
