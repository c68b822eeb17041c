"""Every wire out of the machine: the central server, serial ports, paging. Empty until those issues build it."""
