"""hlbench inside Jupyter: `%load_ext hlbench` and the live widget. Needs the extra `notebook`."""
