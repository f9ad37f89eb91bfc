"""What each signed action does: functions of a block, the acting account and the action. The table is in `steps`."""
