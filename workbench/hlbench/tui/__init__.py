"""The terminal user interface: every pane is a fold over the event stream, nothing else."""
