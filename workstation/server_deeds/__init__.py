"""What the commands `foredesk server ...` do: each over the server's database, beside a running server or without."""

import argparse
import asyncio
from importlib import import_module

from sync.server.database import opened
from sync.server.upgrade import bring_up
from workstation.server_deeds.ground import Ground, Say
from workstation.server_folder import check_exists, database_address, server_folder


def do(args: argparse.Namespace, say: Say) -> int:
    """Carry out the command that the arguments name; returns the exit code. Raises Refused and Unavailable."""
    folder = server_folder(args.data)
    address = database_address(args.database, folder)
    room = import_module(f"workstation.server_deeds.{args.room}")
    deed = getattr(room, args.deed)
    if args.deed == "restore":  # there may be no server yet, and nothing may be open
        deed(args, folder, address, say)
        return 0
    check_exists(folder, address)

    async def whole() -> int:
        async with opened(address, folder) as database:
            await bring_up(database)
            return await deed(Ground(database, folder, address, args, say)) or 0

    return asyncio.run(whole())
