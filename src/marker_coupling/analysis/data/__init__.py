"""Values that the analysis takes: studies, categories, variables, composites."""
