"""Models on this machine: the commands `foredesk model`, training in a child process, the desk's suggestions."""
