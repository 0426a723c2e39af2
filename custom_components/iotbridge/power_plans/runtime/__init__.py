"""Power plans and schedules at run time."""
