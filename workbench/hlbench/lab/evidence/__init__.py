"""What in a log speaks for which defect: facts of a log, and a detector per defect."""
