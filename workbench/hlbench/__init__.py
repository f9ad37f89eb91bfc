"""hlbench: the workbench over the mock exchange event stream."""
