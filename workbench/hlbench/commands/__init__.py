"""One module per command. stdout is data, stderr is narration; every command returns an exit code."""
