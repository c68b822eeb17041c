"""What people see of working together: the link, what is not yet synced, conflicts, presence, what came meanwhile."""
