"""The pack as one file: a ZIP whose first member describes and checksums all others.

Opening unpacks it once into a cache folder named after the checksum of its description, so that parts are real files
that can be mapped and served. The checksums are verified then; later openings look only at sizes, and
`foredesk map info` at everything.
"""

import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

import msgspec

from core.errors import Unavailable
from core.pack.info import BUILD_AGAIN, INFO_NAME, NO_MAP, PackInfo, Part, read_info

_CHUNK = 1 << 20
_STORED = (".pmtiles",)  # compressed inside already
_EPOCH = (1980, 1, 1, 0, 0, 0)  # equal content gives equal bytes
KEPT_UNPACKED = 6  # packs; the least recently opened beyond that are removed
_UNPACKING, _REMOVED = ".unpacking-", ".removed-"
_LEFT_BEHIND_S = 24 * 3600  # a folder in the making that is older was left by a process that was killed

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def part_of(path: Path) -> Part:
    """Checksum and size of a file."""
    with path.open("rb") as file:
        return Part(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def write_archive(target: Path, info: PackInfo, folder: Path, tell: Callable[[float], None]) -> None:
    """Write `info` and its parts, found under `folder`, to `target`. Raises OSError."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(INFO_NAME, _EPOCH), msgspec.json.format(msgspec.json.encode(info)))
        for number, name in enumerate(info.parts):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
            member.file_size = info.parts[name].size
            with (folder / name).open("rb") as source, archive.open(member, "w") as sink:
                shutil.copyfileobj(source, sink, _CHUNK)
            tell((number + 1) / len(info.parts))


def read_description(path: Path) -> tuple[PackInfo, str]:
    """The pack's info and the checksum that names it. Raises Unavailable for anything that is not a pack."""
    with _opened(path) as archive:
        data = _read_member(archive, INFO_NAME, path)
        info = read_info(data, path)
        sizes = {member.filename: member.file_size for member in archive.infolist()}
    for name, part in info.parts.items():
        if not _is_plain(name):
            raise Unavailable(f"{path} is not a map pack: it names a file outside itself.", NO_MAP, BUILD_AGAIN)
        if sizes.get(name) != part.size:
            raise Unavailable(f"{path} is damaged: {name} is missing or has the wrong size.", NO_MAP, BUILD_AGAIN)
    return info, hashlib.sha256(data).hexdigest()


def unpacked(path: Path, cache: Path) -> tuple[PackInfo, Path]:
    """The pack's info and the folder with its parts, unpacked now if it was not before. Raises Unavailable."""
    info, checksum = read_description(path)
    folder = _folder_of(path, checksum, cache)
    if not _is_whole(folder, info):
        _unpack(path, info, folder)
    with suppress(OSError):  # a cache that another user owns is used as it is
        os.utime(folder)
    _forget_old(cache, folder)
    return info, folder


def unpacked_copy(path: Path, cache: Path) -> tuple[Path, list[str]] | None:
    """The folder that the pack was unpacked into and which parts of it are damaged; None where there is none.

    Reads all of it. Raises Unavailable for anything that is not a pack.
    """
    info, checksum = read_description(path)
    folder = _folder_of(path, checksum, cache)
    if not folder.is_dir():
        return None
    return folder, [name for name, part in info.parts.items() if not _has(folder / name, part)]


def remove_copy(folder: Path) -> None:
    """Take an unpacked pack away, whole or not at all. Raises OSError where another desk holds it open on Windows."""
    aside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_REMOVED))
    try:
        folder.rename(aside / folder.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _folder_of(path: Path, checksum: str, cache: Path) -> Path:
    return cache / f"{path.stem}-{checksum[:16]}"


def _has(file: Path, part: Part) -> bool:
    try:
        return part_of(file) == part
    except OSError:
        return False


def damaged_parts(path: Path, info: PackInfo) -> list[str]:
    """The parts whose content no longer has its checksum."""
    damaged = []
    with _opened(path) as archive:
        for name, part in info.parts.items():
            try:
                with archive.open(name) as member:
                    sound = hashlib.file_digest(member, "sha256").hexdigest() == part.sha256  # type: ignore[arg-type]
            except (*_BROKEN, KeyError):
                sound = False
            if not sound:
                damaged.append(name)
    return damaged


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise Unavailable(f"There is no map pack {path}.", NO_MAP, "Check the path.") from error
    except _BROKEN as error:
        raise Unavailable(
            f"{path} is not a map pack, or it is cut short: it cannot be opened.", NO_MAP, BUILD_AGAIN
        ) from error
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be read: {error.strerror}.", NO_MAP, "Check the path and the disk."
        ) from error


def _read_member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        return archive.read(name)
    except KeyError as error:
        raise Unavailable(f"{path} is not a map pack: it has no {name}.", NO_MAP, BUILD_AGAIN) from error
    except _BROKEN as error:
        raise Unavailable(f"{path} is damaged: {name} cannot be read.", NO_MAP, BUILD_AGAIN) from error


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and ".." not in parts and not name.startswith("/") and not set(name) & set("\\:")


def _is_whole(folder: Path, info: PackInfo) -> bool:
    try:
        return all((folder / name).stat().st_size == part.size for name, part in info.parts.items())
    except OSError:
        return False


def _unpack(path: Path, info: PackInfo, folder: Path) -> None:
    """Unpack into a folder beside the final one and rename it: the final one is whole or absent."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=_UNPACKING, ignore_cleanup_errors=True) as work:
            fresh = Path(work, "pack")
            with _opened(path) as archive:
                for name, part in info.parts.items():
                    _unpack_part(archive, name, part, fresh / name, path)
            if not _is_whole(folder, info):  # another desk on this machine may have been quicker
                if folder.exists():
                    remove_copy(folder)
                fresh.rename(folder)
    except OSError as error:
        if _is_whole(folder, info):
            return
        raise Unavailable(
            f"The map pack {path.name} cannot be unpacked into {folder.parent}: {error.strerror or error}.",
            "There is no map until it can.",
            "Free some disk space, or make that folder writable.",
        ) from error


def _unpack_part(archive: zipfile.ZipFile, name: str, part: Part, target: Path, path: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    whole = hashlib.sha256()
    try:
        with archive.open(name) as member, target.open("wb") as file:
            while chunk := member.read(_CHUNK):
                whole.update(chunk)
                file.write(chunk)
    except _BROKEN as error:
        raise Unavailable(f"{path} is damaged: {name} cannot be read.", NO_MAP, BUILD_AGAIN) from error
    if whole.hexdigest() != part.sha256:
        raise Unavailable(f"{path} is damaged: the checksum of {name} does not match.", NO_MAP, BUILD_AGAIN)


def _forget_old(cache: Path, used: Path) -> None:
    try:
        changed_at = {path: path.stat().st_mtime for path in cache.iterdir() if path.is_dir()}
    except OSError:
        return  # another desk is tidying up
    in_the_making = {path for path in changed_at if path.name.startswith((_UNPACKING, _REMOVED))}
    newest = max(changed_at.values(), default=0.0)  # of the pack opened just now
    for path in in_the_making:
        if changed_at[path] < newest - _LEFT_BEHIND_S:
            shutil.rmtree(path, ignore_errors=True)
    for path in sorted(changed_at.keys() - in_the_making, key=changed_at.__getitem__, reverse=True)[KEPT_UNPACKED:]:
        if path != used:
            with suppress(OSError):  # a desk has it open
                remove_copy(path)
