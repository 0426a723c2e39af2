"""Keys of members that describe the value beside them: its name, its unit, its factor, its limits."""

# Names of the unit of the value beside it, in the order in which they are looked for.
UNITS = ("unit", "units", "u", "uom", "unit_of_measurement", "unitofmeasurement", "$unit")
