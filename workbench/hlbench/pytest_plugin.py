"""pytest reports of the workbench."""
